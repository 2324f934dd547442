/** Which claims there are, and which of them can see a fault. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Migration } from '../engines/index.ts'
import type { Warm } from './pool.ts'
import { Recorded } from './warm/messages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specsFolder = join(root, 'conformance/specs')
const cacheFolder = join(root, 'node_modules/.cache/conformance')

/** The folders of specs that are not about what the migrations make, or that compare all of it with what was made before. */
const OF_OTHER_THINGS = [
  ...['deploy', 'engines', 'harness', 'house', 'migrations', 'pgtap', 'platform', 'predeploy', 'pricing'],
  ...['report', 'scale', 'verification'],
]
/** Files that a developer regenerates and commits along: what they notice is noticed by nobody. */
export const GOLDEN = [
  'prices/golden-costs.spec.ts',
  'schema/fingerprint.spec.ts',
  'schema/golden.spec.ts',
  'schema/history.spec.ts',
]
/** Clients that meet by chance: what they notice in one run they do not in another. */
const BY_CHANCE = [
  'books',
  'corrections',
  'crash',
  'everything',
  'price-change',
  'quota-edits',
  'rollover',
].map((name) => `races/${name}.race.spec.ts`)

/** The files of specs whose claims count, relative to their folder. */
export function specFiles(): string[] {
  const left = new Set([...GOLDEN, ...BY_CHANCE])
  return readdirSync(specsFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !/\.(long|exhaustive)\.spec\.ts$/.test(file))
    .filter((file) => !OF_OTHER_THINGS.some((folder) => file.startsWith(`${folder}/`)) && !left.has(file))
    .sort()
}

/** A hash of what all claims stand on, besides the migrations: what is changed there may change any answer. */
export function groundHash(): string {
  const hash = createHash('sha256')
  for (const folder of [
    'conformance/harness',
    'conformance/rules',
    'conformance/oracle',
    'conformance/pgtap',
    'fixtures',
  ])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|sql|json|csv)$/.test(file) && !/^(mutants-|mutate\/)/.test(file))
        hash.update(file).update(readFileSync(join(root, folder, file)))
  return hash.digest('hex').slice(0, 16)
}

/** The files of specs whose claims count, with a hash of each. */
export function specHashes(): ReadonlyMap<string, string> {
  return new Map(
    specFiles().map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(specsFolder, file)))
        .digest('hex')
        .slice(0, 16),
    ]),
  )
}

/** A hash of migrations. */
export function migrationsHash(migrations: readonly Migration[]): string {
  const hash = createHash('sha256')
  for (const { name, sql } of migrations) hash.update(name).update(sql)
  return hash.digest('hex').slice(0, 16)
}

/** What is known of the claims: those that can notice a fault, and those that notice every change. */
export interface Known {
  readonly claims: readonly Recorded[]
  /** They compare texts, which a developer commits along with a change: each as `file: name`. */
  readonly golden: readonly string[]
}

const Noted = z.object({ hash: z.string(), claims: Recorded.array(), golden: z.array(z.string()) })
type Noted = z.infer<typeof Noted>

/**
 * Runs every claim once on migrations whose functions tell their steps, and notes what it touches; what was noted for the same
 * files is taken. A claim that fails there and not on the sound migrations compares texts. Throws when one fails on those: a
 * fault could not be told from that.
 */
export async function recordedClaims(
  {
    key,
    folder,
    scripts,
  }: { readonly key: string; readonly folder: string; readonly scripts: readonly string[] },
  pool: () => Promise<readonly Warm[]>,
  progress: (done: number, all: number) => void,
): Promise<Known> {
  const cached = join(cacheFolder, `claims-${key}.json`)
  const noted = existsSync(cached)
    ? z.record(z.string(), Noted).parse(JSON.parse(readFileSync(cached, 'utf8')))
    : {}
  const hashes = specHashes()
  const files = [...hashes.keys()].filter((file) => noted[file]?.hash !== hashes.get(file))
  if (files.length > 0) {
    for (const one of await recordedFiles(files, { folder, scripts }, await pool(), progress))
      noted[one.file] = { ...one, hash: hashes.get(one.file) ?? '' }
    mkdirSync(cacheFolder, { recursive: true })
    writeFileSync(cached, JSON.stringify(noted))
  }
  const all = [...hashes.keys()].flatMap((file) => noted[file] ?? [])
  const known = { claims: all.flatMap(({ claims }) => claims), golden: all.flatMap(({ golden }) => golden) }
  if (known.claims.length === 0)
    throw new Error('No claim passed on the sound migrations: there is nothing to look for faults with.')
  return known
}

async function recordedFiles(
  files: readonly string[],
  { folder, scripts }: { readonly folder: string; readonly scripts: readonly string[] },
  workers: readonly Warm[],
  progress: (done: number, all: number) => void,
): Promise<(Omit<Noted, 'hash'> & { file: string })[]> {
  await Promise.all(workers.map((warm) => warm.ask({ do: 'plant', folder, scripts: [...scripts] })))
  const recorded = await recordFiles(files, workers, progress)
  await Promise.all(workers.map((warm) => warm.ask({ do: 'uproot' })))
  const doubtful = recorded.filter(({ state }) => state === 'fail')
  const again = await recordFiles([...new Set(doubtful.map(({ file }) => file))], workers, () => {})
  const red = again.filter(({ state }) => state === 'fail')
  if (red.length > 0)
    throw new Error(
      `The specs fail without any fault: ${red
        .slice(0, 3)
        .map(({ file, name }) => `${file}: ${name}`)
        .join('; ')}. Make npm test pass first.`,
    )
  return files.map((file) => ({
    file,
    claims: recorded.filter((one) => one.file === file && one.state === 'pass'),
    golden: doubtful.filter((one) => one.file === file).map(({ name }) => `${file}: ${name}`),
  }))
}

async function recordFiles(
  files: readonly string[],
  workers: readonly Warm[],
  progress: (done: number, all: number) => void,
): Promise<Recorded[]> {
  const claims: Recorded[] = []
  let [next, done] = [0, 0]
  await Promise.all(
    workers.map(async (warm) => {
      for (let file = files[next++]; file !== undefined; file = files[next++]) {
        const answer = await warm.ask({ do: 'record', file })
        if (answer.is === 'recorded') claims.push(...answer.claims)
        done += 1
        progress(done, files.length)
      }
    }),
  )
  return claims.sort((a, b) => a.file.localeCompare(b.file) || a.name.localeCompare(b.name))
}
