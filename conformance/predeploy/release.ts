/** A release: from now on the files of a folder are in its manifest, and do not change. */
import { existsSync } from 'node:fs'
import { readFolder } from './folder.ts'
import {
  manifestOf,
  manifestText,
  type Released,
  readManifest,
  releasedAs,
  textAsWritten,
} from './manifest.ts'
import { releasedTroubles } from './released.ts'
import type { Trouble } from './step.ts'

/** What a release would write, and whether it may. */
export interface Release {
  /** Where the manifest is. */
  readonly path: string
  readonly released: readonly Released[]
  /** Names of the files that are released by it. */
  readonly added: readonly string[]
  /** Whether the manifest says so already, to the byte, line ends aside. */
  readonly isWritten: boolean
  /** Why it may not be written: what was released before is not what it was. */
  readonly troubles: readonly Trouble[]
}

/** The release of all files of a folder. Writes nothing. */
export async function releaseOf(path: string): Promise<Release> {
  const folder = await readFolder(path)
  const manifest = manifestOf(path)
  const before = new Set(readManifest(manifest)?.map(({ name }) => name))
  const released = releasedAs(folder.files)
  return {
    path: manifest,
    released,
    added: released.map(({ name }) => name).filter((name) => !before.has(name)),
    isWritten: existsSync(manifest) && textAsWritten(manifest) === manifestText(released),
    troubles: releasedTroubles(folder) ?? [],
  }
}
