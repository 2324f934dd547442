/** From where the watched files go on: what is there before them, and which of them are applied. */
import { readFileSync } from 'node:fs'
import type { Engine } from '../../engines/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import { manifestOf, readManifest } from '../manifest.ts'
import { runFile } from '../run-file.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'

/** What is known of where the files are applied. */
export interface Known {
  /** Scripts that are run after the platform's and before the files. */
  readonly first?: readonly string[]
  /** Names of files that the target has already. Default: those of the manifest. */
  readonly applied?: ReadonlySet<string>
  /** Tables and views of a target whose history has no entry: somebody applied files in another way. */
  readonly there?: ReadonlySet<string>
}

/** See the file. */
export interface StartingPoint {
  /** Whether a file is there before. */
  readonly isThere: (file: MigrationFile) => boolean
  /** Whether a file is applied now. One that is there and in no history is applied again. */
  readonly isPending: (file: MigrationFile) => boolean
  /** Whether it is known what is released: if not, each file is judged against those before it. */
  readonly knowsReleases: boolean
}

/** Finds it out; for a target without a history by trying which files make what is there. */
export async function startingPoint(
  engine: Engine,
  folder: MigrationsFolder,
  { first = [], applied, there = new Set() }: Known,
): Promise<StartingPoint> {
  const done = applied ?? releasedOf(folder)
  if (done === undefined || done.size > 0 || there.size === 0)
    return {
      isThere: ({ name }) => done?.has(name) ?? false,
      isPending: ({ name }) => !(done?.has(name) ?? false),
      knowsReleases: done !== undefined,
    }
  const found = await filesThatMade(engine, folder, first, there)
  return { isThere: ({ name }) => found.has(name), isPending: () => true, knowsReleases: true }
}

function releasedOf({ path }: MigrationsFolder): ReadonlySet<string> | undefined {
  const released = readManifest(manifestOf(path))
  return released && new Set(released.map(({ name }) => name))
}

/** The files up to the last one of which all tables and views are there. */
async function filesThatMade(
  engine: Engine,
  { files }: MigrationsFolder,
  first: readonly string[],
  there: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const database = await engine.open({ holds: 'platform' })
  const session = await database.connect()
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    let last = relationsOf(await snapshotOf(session))
    let count = 0
    for (const [i, file] of files.entries()) {
      await runFile(session, file)
      const now = relationsOf(await snapshotOf(session))
      const made = [...now].filter((name) => !last.has(name))
      if (!made.every((name) => there.has(name))) break
      if (made.length > 0) count = i + 1
      last = now
    }
    return new Set(files.slice(0, count).map(({ name }) => name))
  } finally {
    await session.close()
    await database.close()
  }
}

function relationsOf({ relations }: Snapshot): Set<string> {
  return new Set(relations.filter(({ kind }) => 'rpvm'.includes(kind)).map(({ name }) => name))
}
