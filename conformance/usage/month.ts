/**
 * A month of usage as a platform has it: January 2026, in UTC. Eight tenants of very different size, calls to all four
 * providers with cached tokens, cache writes, batches and long contexts, sandboxes of all tiers, reports that come days late,
 * names that are aliases, variants that nobody has mapped, and models that no list knows. The same for the same number.
 */
import { Seeded } from './random.ts'

/** What every month begins with. */
const SEED = 20260101
const MONTH = Date.UTC(2026, 0, 1)
const DAYS = 31
const DAY_MS = 86_400_000

/** Tenants by size, with how many users; a big one is a thousand times a small one. */
export const TENANTS = [
  [550, 'c0000000-0000-4000-8000-000000000001', 40],
  [220, 'c0000000-0000-4000-8000-000000000002', 20],
  [110, 'c0000000-0000-4000-8000-000000000003', 12],
  [60, 'c0000000-0000-4000-8000-000000000004', 8],
  [30, 'c0000000-0000-4000-8000-000000000005', 5],
  [20, 'c0000000-0000-4000-8000-000000000006', 3],
  [9, 'c0000000-0000-4000-8000-000000000007', 2],
  [1, 'c0000000-0000-4000-8000-000000000008', 1],
] as const

const tenants = TENANTS.map(([weight, id, users]) => [weight, { id, users }] as const)

type Name = readonly [provider: string, model: string]
const MODELS: readonly (readonly [weight: number, name: Name])[] = [
  [120, ['openai', 'gpt-5-mini']],
  [80, ['openai', 'gpt-5.2']],
  [60, ['openai', 'gpt-4o-mini']],
  [40, ['openai', 'gpt-4o-2024-08-06']],
  [40, ['openai', 'o3']],
  [30, ['openai', 'gpt-4.1']],
  [140, ['anthropic', 'claude-sonnet-4-5-20250929']],
  [60, ['anthropic', 'claude-haiku-4-5']],
  [50, ['anthropic', 'claude-opus-4-5-20251101']],
  [70, ['google', 'gemini-2.5-flash']],
  [60, ['google', 'gemini-2.5-pro']],
  [30, ['google', 'gemini/gemini-3-pro-preview']],
  [90, ['groq', 'openai/gpt-oss-120b']],
  [60, ['groq', 'openai/gpt-oss-20b']],
  [40, ['groq', 'llama-3.1-8b-instant']],
  // Nobody has mapped these. Sandboxes have no price before 4 January, when theirs begins.
  [8, ['openai', 'gpt-5-mini-2026-01-15']],
  [8, ['openai', 'azure/gpt-5.2']],
  [16, ['anthropic', 'claude-opus-5']],
  [6, ['mistral', 'mistral-large-latest']],
]
const TASKS = [
  [30, 'chat'],
  [25, 'coding'],
  [15, 'retrieval'],
  [15, 'summary'],
  [10, 'planning'],
  [5, null],
] as const
const TIERS = [
  [70, 'standard'],
  [15, 'high-cpu'],
  [10, 'high-memory'],
  [5, 'gpu'],
] as const

interface Use {
  readonly tenant: string
  readonly at: string
  readonly id: string
  readonly user: string
  readonly conversation: string
  /** Days between the usage and its report. */
  readonly late: number
}

/** A call of a model. */
export interface LlmUse extends Use {
  readonly kind: 'llm'
  readonly provider: string
  readonly model: string
  readonly task: string | null
  readonly input: number
  readonly output: number
  readonly cached: number
  readonly write5m: number
  readonly write1h: number
  readonly batch: boolean
}

/** A run of a sandbox. Quantities are decimals with six places at most. */
export interface E2bUse extends Use {
  readonly kind: 'e2b'
  readonly tier: string
  readonly region: string
  readonly seconds: string
  readonly core: string
  readonly memory: string
  readonly disk: string
}

/** A month with so many records, one by one. */
export function* month(records: number, seed = SEED): Generator<LlmUse | E2bUse> {
  const random = new Seeded(seed)
  for (let index = 0; index < records; index += 1) {
    const { id: tenant, users } = random.pick(tenants)
    const user = random.below(users)
    const use: Use = {
      tenant,
      at: momentOf(random),
      id: random.uuid(),
      user: `${tenant.slice(0, 24)}${user.toString(16).padStart(4, '0')}${tenant.slice(-8)}`,
      conversation: `c${random.below(Math.max(4, records >> 3))}`,
      late: random.often(30) ? 1 + random.below(6) : 0,
    }
    yield random.often(90) ? run(use, random) : call(use, random)
  }
}

/** Working hours of working days, mostly. */
function momentOf(random: Seeded): string {
  let day = random.below(DAYS)
  const weekday = new Date(MONTH + day * DAY_MS).getUTCDay()
  if ((weekday === 0 || weekday === 6) && random.often(600)) day = (day + 2) % DAYS
  const hour = random.often(750) ? 8 + random.below(11) : random.below(24)
  return new Date(MONTH + day * DAY_MS + hour * 3_600_000 + random.below(3_600_000)).toISOString()
}

function call(use: Use, random: Seeded): LlmUse {
  const [provider, model] = random.pick(MODELS)
  // Only some models take more than 200,000 tokens.
  const isLong = /gemini-(2.5|3)-pro|sonnet-4-5/.test(model) && random.often(60)
  const input = isLong ? 190_000 + random.skewed(0, 300_000) : random.skewed(50, 60_000)
  const isCached = random.often(450)
  const cached = isCached ? Math.floor((input * random.below(90)) / 100) : 0
  const writes =
    provider === 'anthropic' && random.often(350)
      ? Math.floor(((input - cached) * random.below(80)) / 100)
      : 0
  const isHour = random.often(200)
  return {
    ...use,
    kind: 'llm',
    provider,
    model,
    task: random.pick(TASKS),
    input,
    output: random.skewed(1, 6_000),
    cached,
    write5m: isHour ? 0 : writes,
    write1h: isHour ? writes : 0,
    batch: random.often(70),
  }
}

function run(use: Use, random: Seeded): E2bUse {
  const ms = random.skewed(800, 3_600_000)
  const cores = random.pick([
    [6, 2],
    [3, 4],
    [1, 8],
  ])
  return {
    ...use,
    kind: 'e2b',
    tier: random.pick(TIERS),
    region: random.often(950) ? 'us-east-1' : 'eu-west-1',
    seconds: thousandths(ms),
    core: random.often(500) ? thousandths(Math.floor(ms * cores * 0.25)) : '0',
    memory: random.often(500) ? thousandths(ms * cores) : '0',
    disk: thousandths(random.below(4_000)),
  }
}

function thousandths(amount: number): string {
  return `${Math.floor(amount / 1000)}.${String(amount % 1000).padStart(3, '0')}`
}

const COLUMNS = [
  'kind',
  'tenant',
  'at',
  'late',
  'user',
  'conversation',
  'provider',
  'model',
  'task',
  'input',
  'output',
  'cached',
  'write5m',
  'write1h',
  'batch',
  'tier',
  'region',
  'seconds',
  'core',
  'memory',
  'disk',
  'id',
] as const

/** A month as CSV, line by line. */
export function* monthCsv(records: number): Generator<string> {
  yield `${COLUMNS.join(',')}\n`
  for (const use of month(records)) {
    const values: Readonly<Record<string, unknown>> = { ...use }
    yield `${COLUMNS.map((column) => values[column] ?? '').join(',')}\n`
  }
}

/** How many records the month has that comes with the project: fixtures/usage-2026-01.csv. */
export const BUNDLED = 600
