import { readFile } from 'node:fs/promises'
import { ScriptError } from './script-error.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user has no right to read it',
  EPERM: 'this user has no right to read it',
  ELOOP: 'its link leads in a circle',
  ENOTDIR: 'a part of its path is no folder',
  ENAMETOOLONG: 'its name is too long',
}

/** Why a file or folder could not be had, as the end of a sentence. */
export function whyNotRead(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? (code || String(error))
}

/** The text of a script. Throws {@link ScriptError} for what cannot be read, and for what is not in UTF-8. */
export async function readScript(file: string, path: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ScriptError(`It cannot be read: ${whyNotRead(error)}.`, path)
  })
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new ScriptError('It is in UTF-16: save it in UTF-8.', path)
  try {
    // A mark of the byte order is no part of the text.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ScriptError('It is not in UTF-8: save it in UTF-8.', path)
  }
}
