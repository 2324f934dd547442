/** Files and folders that an option names: whether they can be read, before anything is done. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { whyNotRead } from '../conformance/pgtap-files/index.ts'

/** What an option may name. */
type Kind = 'file' | 'folder' | 'file or folder'

/** Throws an error of one sentence where `value` is not what `option` has to name. */
export function mustBeReadable(
  option: string,
  value: string,
  { kind, expected }: { readonly kind: Kind; readonly expected: string },
): void {
  const why = whyNot(value, kind)
  if (why !== undefined) throw new Error(`${option} ${value} cannot be read, ${why}: expected ${expected}.`)
}

function whyNot(path: string, kind: Kind): string | undefined {
  if (!existsSync(path)) return 'it is not there'
  try {
    accessSync(path, constants.R_OK)
    if (kind === 'file or folder') return undefined
    const isFolder = statSync(path).isDirectory()
    if (isFolder === (kind === 'folder')) return undefined
    return isFolder ? 'it is a folder' : 'it is no folder'
  } catch (error) {
    return whyNotRead(error)
  }
}
