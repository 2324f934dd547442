/** A run of benchmarks: which, on what, and how it is told. */
import { cpus } from 'node:os'
import { type Database, engineNamed, type Session, type StartOptions } from '../engines/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { calculationCosts } from './calculations.ts'
import type { Say } from './median.ts'
import { manyQuotasCost, quotaCosts } from './quotas.ts'
import { growthOf, type Ratio, together } from './ratio.ts'
import { platformQuotaCosts, recordingCosts } from './recording.ts'
import { foldAll, loadUsage, unfold } from './usage-data.ts'
import { accessCosts, viewCosts } from './views.ts'

/** The benchmarks, by name. */
export const BENCHMARKS = ['calculations', 'recording', 'quotas', 'views', 'access'] as const
export type Benchmark = (typeof BENCHMARKS)[number]

/** What was measured, and on what. */
export interface Measured {
  readonly server: string
  readonly machine: string
  readonly records: number
  readonly ratios: readonly Ratio[]
  /** How folding and reading grow with the number of records: exponents, 0 for not at all, 1 for as fast as it. */
  readonly growth: readonly { readonly what: string; readonly exponent: number }[]
}

/** Where data is kept between runs, and how much of it. */
export interface Size {
  readonly records: number
  readonly keepIn?: string
}

const ENGINE = 'embedded-17'
const NAME = 'bench'
/** As a production server has it. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on' }
/** A commit takes a millisecond longer than on this machine’s disk, as on a disk in a network. */
const NETWORK_DISK = { ...DURABLE, commit_delay: '1000', commit_siblings: '0' }
const MEMORY = { fsync: 'off', synchronous_commit: 'off' }
const SERVERS = 5

/** Runs benchmarks. Throws what a statement throws. */
export async function measured(which: readonly Benchmark[], size: Size, say: Say): Promise<Measured> {
  const ratios: Ratio[] = []
  const growth = new Map<string, [number, number][]>()
  let server = ''
  const wantsUsage = which.some((name) => name === 'views' || name === 'access')
  const settings = { ...DURABLE, max_connections: '100' }
  const engine = await engineNamed(ENGINE).start({
    settings,
    ...(size.keepIn ? { keepIn: size.keepIn } : {}),
  })
  try {
    const database = await engine.open({ name: NAME })
    const session = await database.connect()
    server = (await session.query('show server_version'))[0]?.['server_version'] ?? ''
    if (wantsUsage) {
      await haveUsage(session, size.records, say)
      if (which.includes('views')) ratios.push(...(await viewCosts(session, size.records >= 10_000_000, say)))
      if (which.includes('access')) ratios.push(...(await accessCosts(session, say)))
    }
    if (which.includes('calculations')) ratios.push(...(await calculationCosts(session, say)))
    await session.close()
    // Recording is measured on a database of its own: what it leaves behind is no usage of a month.
    const empty = await engine.open()
    const recorder = await empty.connect()
    if (which.includes('recording')) ratios.push(...(await recordingCosts(empty, recorder, say)))
    await recorder.close()
  } finally {
    await engine.stop()
  }
  if (which.includes('recording'))
    ratios.push(
      ...(await onDisk(NETWORK_DISK, (database, session) => platformQuotas(database, session, say))),
    )
  if (which.includes('quotas')) ratios.push(...(await increments(say)))
  if (which.includes('views'))
    for (const records of smaller(size.records))
      for (const [what, ms] of await growthAt(records, say))
        growth.set(what, [...(growth.get(what) ?? []), [records, ms]])
  return {
    server: `PostgreSQL ${server}`,
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`,
    records: size.records,
    ratios,
    growth: [...growth].map(([what, points]) => ({ what, exponent: growthOf(points) })),
  }
}

/** Loads what is not there yet. Throws an error when the folder that is kept holds another number of records. */
async function haveUsage(session: Session, records: number, say: Say): Promise<void> {
  const [there] = await session.query(
    `select (select count(*) from copilot_internal.llm_cost_records) + (select count(*) from copilot_internal.e2b_cost_records) as count`,
  )
  const count = Number(there?.['count'])
  if (count === 0) return loadUsage(session, records, say)
  if (count !== records)
    throw new Error(`The folder holds ${count} records, not ${records}: name another, or ask for as many.`)
}

function platformQuotas(database: Database, session: Session, say: Say): Promise<Ratio[]> {
  const row = { how: 'commits of a network disk', rounds: 7 }
  return platformQuotaCosts(database, session, { row, spread: { ...row, atMost: 1.5 } }, say)
}

/**
 * Where commits take as long as in production, on this machine’s disk, and where they wait for nothing. This disk takes now more,
 * now less, for minutes: so on several servers, one after the other.
 */
async function increments(say: Say): Promise<Ratio[]> {
  const on = (how: string, rounds: number, atMost?: number) => (database: Database, session: Session) =>
    quotaCosts(database, session, { how, rounds, ...(atMost === undefined ? {} : { atMost }) }, say)
  const here: Ratio[][] = []
  const network = await onDisk(NETWORK_DISK, on('commits of a network disk', 9, 1.25))
  for (let server = 0; server < SERVERS; server += 1)
    here.push(await onDisk(DURABLE, on('commits of this disk', 11)))
  const memory = await onServer({ settings: MEMORY }, async (database, session) => [
    ...(await on('without fsync', 21, 2.5)(database, session)),
    await manyQuotasCost(session, say),
  ])
  return [...network, ...together(here), ...memory]
}

type Costs = (database: Database, session: Session) => Promise<Ratio[]>

/** A commit waits until the disk has it: in memory, where the other data is, it would not wait for anything. */
async function onDisk(settings: Readonly<Record<string, string>>, costs: Costs): Promise<Ratio[]> {
  const folder = temporaryFolder('bench-')
  try {
    return await onServer({ settings, keepIn: folder }, costs)
  } finally {
    removeFolder(folder)
  }
}

async function onServer(options: StartOptions, costs: Costs): Promise<Ratio[]> {
  const engine = await engineNamed(ENGINE).start(options)
  try {
    const database = await engine.open()
    const session = await database.connect()
    const ratios = await costs(database, session)
    await session.close()
    return ratios
  } finally {
    await engine.stop()
  }
}

/** Four sizes to fit growth by, from a thousandth to a tenth. */
function smaller(records: number): number[] {
  return [1000, 100, 30, 10].map((part) => Math.max(1000, Math.round(records / part)))
}

async function growthAt(records: number, say: Say): Promise<[string, number][]> {
  const engine = await engineNamed(ENGINE).start()
  try {
    const database = await engine.open()
    const session = await database.connect()
    await loadUsage(session, records, say)
    const folded = await timed(() => foldAll(session))
    const read = await timed(() => session.query('select * from copilot_internal.cost_summary_by_tenant'))
    await unfold(session)
    await session.close()
    return [
      ['adding days up', folded],
      ['cost_summary_by_tenant, days added up', read],
    ]
  } finally {
    await engine.stop()
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** A line a ratio, for a terminal or for Markdown. */
export function ratiosText(
  { server, machine, records, ratios, growth }: Measured,
  markdown: boolean,
): string {
  const line = (cells: readonly string[]) =>
    markdown ? `| ${cells.join(' | ')} |\n` : `${cells.join('   ')}\n`
  const head = ['ratio', 'at most', 'spread', 'product', 'against', 'what'].map((name, index) =>
    name.padEnd(WIDTHS[index] ?? 0),
  )
  const rows = ratios.map((ratio) =>
    [
      number(ratio.ratio),
      ratio.atMost === undefined ? '' : `${number(ratio.atMost)}${ratio.ratio <= ratio.atMost ? '' : ' ✗'}`,
      `${number(ratio.spread[0])}–${number(ratio.spread[1])}`,
      `${ratio.productMs.toFixed(1)} ms`,
      `${ratio.alternativeMs.toFixed(1)} ms`,
      `${ratio.figure}; against ${ratio.against}`,
    ].map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)),
  )
  const rule = markdown ? line(head.map(() => '---')) : ''
  const grown = growth
    .map(({ what, exponent }) => `${what}: time grows as records^${exponent.toFixed(2)}\n`)
    .join('')
  return `${line(head)}${rule}${rows.map(line).join('')}\n${grown}${server}; ${machine}; ${records} records.\n`
}

const WIDTHS = [7, 9, 13, 11, 11]

function number(value: number): string {
  return value < 0.1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1)
}
