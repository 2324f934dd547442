/** Databases that stand at a released version, and the files that come after it. */
import { readFileSync } from 'node:fs'
import type { Engine } from '../engines/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { manifestOf, readManifest } from './manifest.ts'
import { onServer } from './on-server.ts'
import { type Replaying, refusalOf, refused } from './replay.ts'
import { runFile } from './run-file.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, unchecked } from './step.ts'

const RELEASES: Claim = {
  id: 'replay/from-releases',
  title: 'a database of each released version takes the files after it',
  group: 'replay',
}

/** Applies the later files to a database of each released version, as it stands there: to the last one with data in it. */
export async function releasesStep(
  folder: MigrationsFolder,
  replaying: Replaying & { readonly on?: Engine } = {},
): Promise<StepResult> {
  const released = readManifest(manifestOf(folder.path)) ?? []
  const versions = folder.files.filter(({ name }) => released.some((each) => each.name === name))
  if (versions.length === 0) return skipped(RELEASES, 'not applicable: no file is released yet')
  if (versions.length === folder.files.length)
    return skipped(RELEASES, 'not applicable: every file is released already')
  replaying.progress?.(`Upgrading from ${versions.length} released versions …`)
  try {
    return await onServer(replaying.on, async (engine) =>
      judged(RELEASES, await fromEach(engine, folder, versions, replaying)),
    )
  } catch (error) {
    return unchecked(RELEASES, error)
  }
}

async function fromEach(
  engine: Engine,
  folder: MigrationsFolder,
  versions: readonly MigrationFile[],
  replaying: Replaying,
): Promise<Trouble[]> {
  const troubles: Trouble[] = []
  for (const [i, { name }] of versions.entries()) {
    const isLast = i === versions.length - 1
    const own = await upgraded(engine, folder, i + 1, { ...replaying, isWithData: isLast })
    troubles.push(...own.map((each) => ({ ...each, reason: `From version ${name}: ${each.reason}` })))
  }
  return troubles
}

async function upgraded(
  engine: Engine,
  { files }: MigrationsFolder,
  count: number,
  { first = [], data, isWithData }: Replaying & { readonly isWithData: boolean },
): Promise<Trouble[]> {
  const database = await engine.open({ holds: 'platform' })
  const session = await database.connect()
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    for (const file of files.slice(0, count)) await runFile(session, file)
    if (isWithData && data !== undefined)
      await runFile(session, { name: data, sql: readFileSync(data, 'utf8') })
    for (const file of files.slice(count)) {
      const refusal = await refusalOf(session, file)
      if (refusal) return [refused(file.name, refusal)]
    }
    return []
  } finally {
    await session.close()
    await database.close()
  }
}
