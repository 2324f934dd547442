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

/** The folders of specs that are about what the migrations make. */
const FOLDERS = [
  'access',
  'calculations',
  'prices',
  'quotas',
  'races',
  'retention',
  'rules',
  'schema',
  'summary',
  'traps',
  'usage',
  'views',
]
/** Files that a developer regenerates and commits along: what they notice is noticed by nobody. */
export const GOLDEN = ['schema/fingerprint.spec.ts', 'schema/golden.spec.ts', 'schema/history.spec.ts']
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
    .filter((file) => file.endsWith('.spec.ts') && !file.endsWith('.long.spec.ts'))
    .filter((file) => FOLDERS.some((folder) => file.startsWith(`${folder}/`)) && !left.has(file))
    .sort()
}

/** A hash of everything that decides what claims say besides the migrations. */
export function specsHash(): string {
  const hash = createHash('sha256')
  for (const folder of [
    'conformance/harness',
    'conformance/specs',
    'conformance/rules',
    'conformance/oracle',
    'conformance/pgtap',
    'fixtures',
  ])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|sql|json|csv)$/.test(file)) hash.update(file).update(readFileSync(join(root, folder, file)))
  return hash.digest('hex').slice(0, 16)
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

const KnownSchema = z.object({ claims: Recorded.array(), golden: z.array(z.string()) })

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
  if (existsSync(cached)) return KnownSchema.parse(JSON.parse(readFileSync(cached, 'utf8')))
  const workers = await pool()
  await Promise.all(workers.map((warm) => warm.ask({ do: 'plant', folder, scripts: [...scripts] })))
  const recorded = await recordFiles(specFiles(), workers, progress)
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
  const known = {
    claims: recorded.filter(({ state }) => state === 'pass'),
    golden: doubtful.map(({ file, name }) => `${file}: ${name}`),
  }
  if (known.claims.length === 0)
    throw new Error('No claim passed on the sound migrations: there is nothing to look for faults with.')
  mkdirSync(cacheFolder, { recursive: true })
  writeFileSync(cached, JSON.stringify(known))
  return known
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
