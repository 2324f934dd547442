import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** What is left of a folder and of the processes that have it in their arguments. */
export async function remainsOfFolder(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args='])
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...stdout.split('\n').filter((line) => line.includes(folder)),
  ]
}
