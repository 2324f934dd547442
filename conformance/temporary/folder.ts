import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** Those that are there, and how each is forgotten. */
const folders = new Map<string, () => void>()

/** A new folder whose name begins so. It goes with this process, unless {@link removeFolder} removes it before. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  folders.set(
    folder,
    atExit(() => remove(folder)),
  )
  return folder
}

/** Removes such a folder with all that is in it. */
export function removeFolder(folder: string): void {
  remove(folder)
  folders.get(folder)?.()
  folders.delete(folder)
}

/** More than once where needed: a process that is ending may still write. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}
