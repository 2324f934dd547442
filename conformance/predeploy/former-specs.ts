/** The specs of the former release, pgTAP files, replayed against the new schema: what passed has to pass. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Engine } from '../engines/index.ts'
import { GitRefused, git } from '../git/index.ts'
import { type FileResult, findFiles, runFiles } from '../pgtap-files/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { type Lost, lostSince } from './lost-verdicts.ts'
import { manifestOf, readManifest } from './manifest.ts'
import { judgedSpecs } from './observe/suppressed.ts'
import { onServer } from './on-server.ts'
import { runFile } from './run-file.ts'
import { type Claim, type StepResult, skipped, unchecked } from './step.ts'

const SPECS = {
  id: 'former-release/specs-pass',
  title: 'specs of the former release pass with the new files',
  group: 'former release',
} as const satisfies Claim

/** What they are run with. */
export interface ReplayingSpecs {
  /** Scripts that are run after the platform's and before the files. */
  readonly first?: readonly string[]
  /** Where it is done. Default: a server of PostgreSQL 17 that is started for it. */
  readonly on?: Engine
  /** Names of files that the target has already. Default: those of the manifest. */
  readonly applied?: ReadonlySet<string>
  /** The folder of the former release's specs. Default: `tests` beside the migrations, as of the commit that released. */
  readonly formerSpecs?: string
  readonly progress?: (line: string) => void
}

/** Runs them on a database of the former release, and on one with all files. */
export async function formerSpecsStep(
  folder: MigrationsFolder,
  replaying: ReplayingSpecs = {},
): Promise<StepResult> {
  const manifest = readManifest(manifestOf(folder.path))
  const { applied } = replaying
  const done = applied?.size ? applied : manifest && new Set(manifest.map(({ name }) => name))
  if (!done)
    return skipped(SPECS, 'not run: nobody knows what is released; `npm run migrations:release` notes it')
  const former = folder.files.filter(({ name }) => done.has(name))
  if (former.length === 0) return skipped(SPECS, 'not applicable: nothing is released yet')
  if (former.length === folder.files.length)
    return skipped(SPECS, 'not applicable: every file is released already')
  const place = temporaryFolder('predeploy-specs-')
  try {
    const source = specsInto(place, folder, replaying.formerSpecs)
    if (!source)
      return skipped(
        SPECS,
        'not run: the former release has no specs; pgTAP files in `tests` beside the migrations are taken, or --former-specs FOLDER',
      )
    replaying.progress?.('Running the former release’s specs …')
    const lost = await lostIn(source.folder, former, folder.files, replaying)
    const result = judgedSpecs(SPECS, folder, ({ name }) => !done.has(name), lost.troubles)
    const text = `${lost.count} tests of the former release were run before and after, ${source.told}.`
    return { ...result, notes: [...result.notes, { kind: 'note', group: SPECS.group, text }] }
  } catch (error) {
    return unchecked(SPECS, error)
  } finally {
    removeFolder(place)
  }
}

async function lostIn(
  specs: string,
  former: readonly MigrationFile[],
  all: readonly MigrationFile[],
  { first = [], on }: ReplayingSpecs,
): Promise<Lost> {
  const files = findFiles(['.'], specs)
  return onServer(on, async (engine) => {
    const results = async (applied: readonly MigrationFile[]): Promise<FileResult[]> =>
      runFiles(files, {
        open: () => opened(engine, first, applied),
        shared: true,
        folder: specs,
        first: [],
        variables: {},
        note: () => {},
      })
    return lostSince(await results(former), await results(all))
  })
}

async function opened(engine: Engine, first: readonly string[], files: readonly MigrationFile[]) {
  const database = await engine.open({ holds: 'platform', pgtap: true })
  const session = await database.connect()
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    for (const file of files) await runFile(session, file)
    return database
  } catch (error) {
    await database.close()
    throw error
  } finally {
    await session.close()
  }
}

/** Where the specs are, and what is said of that. */
interface Source {
  readonly folder: string
  readonly told: string
}

/** Finds the specs; those of a commit are written to `place`. */
function specsInto(place: string, { path }: MigrationsFolder, given?: string): Source | undefined {
  if (given !== undefined) return { folder: given, told: `those of ${given}` }
  const beside = dirname(path)
  const commit = releasedAt(beside, manifestOf(path))
  if (commit !== undefined && writeTests(place, beside, commit))
    return {
      folder: join(place, 'tests'),
      told: `as they were in commit ${commit.slice(0, 10)}, which released it`,
    }
  const tests = join(beside, 'tests')
  try {
    findFiles(['.'], tests)
    return commit === undefined ? { folder: tests, told: `as they are in ${tests} now` } : undefined
  } catch {
    return undefined
  }
}

/** The commit that changed the manifest last. */
function releasedAt(folder: string, manifest: string): string | undefined {
  try {
    return git(folder, 'log', '-1', '--format=%H', '--', manifest).trim() || undefined
  } catch (error) {
    if (error instanceof GitRefused) return undefined
    throw error
  }
}

function writeTests(place: string, folder: string, commit: string): boolean {
  const names = git(folder, 'ls-tree', '-r', '-z', '--name-only', commit, 'tests/')
    .split('\0')
    .filter(Boolean)
  for (const name of names) {
    const file = join(place, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, git(folder, 'show', `${commit}:./${name}`))
  }
  return names.some((name) => /\.(sql|pg)$/.test(name))
}
