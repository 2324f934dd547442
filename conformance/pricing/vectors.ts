/**
 * Golden cost vectors: what calls of every kind cost under the current price list, to the last digit. A price that changes
 * shows as lines of a file that change.
 */
import type { Session } from '../engines/index.ts'
import { type Known, type Version, versionAt } from './known.ts'

/** Where they are kept. */
export const VECTORS_FILE = 'supabase/prices/costs.tsv'

/** When every price that is set has begun, and every promotion is over: so no clock has a say. */
const AT_LAST = '9999-12-31T00:00:00Z'

const HEADER = [
  'of',
  'name',
  'call',
  'input',
  'output',
  'cached',
  'write_5m',
  'write_1h',
  'batch',
  'usd',
  'estimated',
]

interface Call {
  readonly call: string
  readonly input: number
  readonly output: number
  readonly cached: number
  readonly write5m: number
  readonly write1h: number
  readonly batch: boolean
}

const PLAIN: Call = {
  call: 'plain',
  input: 100_000,
  output: 1_000,
  cached: 0,
  write5m: 0,
  write1h: 0,
  batch: false,
}

/** The calls of a model: every component, each variant, and both sides of its threshold. */
export function callsOf({ threshold }: Version): Call[] {
  const calls: Call[] = [
    PLAIN,
    { ...PLAIN, call: 'one token in', input: 1, output: 0 },
    { ...PLAIN, call: 'one token out', input: 0, output: 1 },
    { ...PLAIN, call: 'cached', cached: 60_000 },
    { ...PLAIN, call: 'written for 5 minutes', write5m: 60_000 },
    { ...PLAIN, call: 'written for an hour', write1h: 60_000 },
    { ...PLAIN, call: 'cached and written', cached: 40_000, write5m: 20_000, write1h: 10_000 },
    { ...PLAIN, call: 'batch', batch: true },
    { ...PLAIN, call: 'batch, cached', cached: 60_000, batch: true },
  ]
  if (threshold === undefined) return calls
  const long = { ...PLAIN, input: threshold + 1 }
  return [
    ...calls,
    { ...long, call: 'at the threshold', input: threshold },
    { ...long, call: 'beyond the threshold' },
    { ...long, call: 'beyond, cached and written', cached: 50_000, write5m: 20_000, write1h: 10_000 },
    { ...long, call: 'beyond, batch', batch: true },
  ]
}

const LLM = `
  select q.n, trim_scale(c.total_cost_usd)::text as usd, c.is_estimated::text as estimated
  from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::boolean[])
    with ordinality as q (provider, model, input, output, cached, write_5m, write_1h, batch, n)
  cross join lateral copilot_internal.calculate_llm_cost_detailed(
    q.provider, q.model, q.input, q.output, q.cached, q.write_5m, q.write_1h, q.batch, '${AT_LAST}') as c
  order by q.n`

const RUNS = [
  { call: 'one second', seconds: '1', core: '0', memory: '0', disk: '0' },
  { call: 'five minutes', seconds: '300', core: '0', memory: '0', disk: '0' },
  { call: 'five minutes, metered', seconds: '300', core: '600', memory: '150.5', disk: '1.25' },
]

const E2B = `
  select q.n, trim_scale(c.total_cost_usd)::text as usd, c.is_estimated::text as estimated
  from unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[])
    with ordinality as q (tier, region, seconds, core, memory, disk, n)
  cross join lateral copilot_internal.calculate_e2b_cost(
    q.tier, q.region, q.seconds, q.core, q.memory, q.disk, '${AT_LAST}') as c
  order by q.n`

/** The vectors of a database, as the file has them. */
export async function vectorsText(session: Session, known: Known): Promise<string> {
  const current = [...known.versions.keys()].sort().flatMap((key) => versionAt(known, key, AT_LAST) ?? [])
  const calls = current
    .filter(({ list }) => list === 'llm')
    .flatMap((version) => callsOf(version).map((call) => ({ version, call })))
  const of = <Key extends keyof Call>(key: Key) => calls.map(({ call }) => call[key])
  const costs = await session.query(LLM, [
    calls.map(({ version }) => version.of),
    calls.map(({ version }) => version.name),
    of('input'),
    of('output'),
    of('cached'),
    of('write5m'),
    of('write1h'),
    of('batch'),
  ])
  const runs = current
    .filter(({ list }) => list === 'e2b')
    .flatMap((version) => RUNS.map((run) => ({ version, run })))
  const runCosts = await session.query(E2B, [
    runs.map(({ version }) => version.name),
    runs.map(({ version }) => version.of),
    ...(['seconds', 'core', 'memory', 'disk'] as const).map((key) => runs.map(({ run }) => run[key])),
  ])
  const lines = [
    HEADER,
    ...calls.map(({ version, call }, index) => [
      version.of,
      version.name,
      ...[call.call, call.input, call.output, call.cached, call.write5m, call.write1h, call.batch].map(
        String,
      ),
      ...answer(costs[index]),
    ]),
    ...runs.map(({ version, run }, index) => [
      `e2b ${version.of}`,
      version.name,
      run.call,
      ...[run.seconds, run.core, run.memory, run.disk, '', ''],
      ...answer(runCosts[index]),
    ]),
  ]
  return `${lines.map((line) => line.join('\t')).join('\n')}\n`
}

function answer(row: Readonly<Record<string, string | null>> | undefined): string[] {
  return [row?.['usd'] ?? '', row?.['estimated']?.startsWith('t') ? 'estimated' : '']
}
