import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A checkout of a spec's own, whose files may be changed. */
export interface OwnCheckout {
  readonly folder: string
  remove(): void
}

/** Copies these files and folders of this checkout, with all packages and nothing that is kept between runs. */
export function ownCheckout(...parts: readonly string[]): OwnCheckout {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-checkout-'))
  const modules = join(folder, 'node_modules')
  for (const part of [...parts, 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
