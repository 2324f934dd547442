/**
 * Eight clients record, revise, void, reprice and settle the same requests at once: each request has exactly one record or is
 * void, whatever a client was answered is kept, and spend is charges less credits to the last digit.
 *
 * Method: real connections do random things to a few requests until each thing has happened often enough. Every report has a
 * quantity of its own, so that it is known again wherever it is kept. What quotas have spent is calculated by the oracle from
 * the records that are left and from what clients were told of their settlements.
 */
import Big from 'big.js'
import { acme, birch } from '../../../fixtures/people.ts'
import { type Row, type Session, SqlError } from '../../engines/index.ts'
import { expect, needs, Run, rounds } from '../../harness/index.ts'
import { e2bCost, llmCost } from '../../oracle/index.ts'

const CLIENTS = 8
/** Few, so that clients meet. */
const REQUESTS_AT_ONCE = 4
const ACTS_PER_REQUEST = 6
const TENANT = acme.tenantId
const USERS = [acme.userId, birch.userId, null]

/** How often each thing has happened when the run is over, at least. */
const ENOUGH = {
  recorded: 40,
  'recorded again': 15,
  revised: 25,
  'revised in vain': 5,
  voided: 10,
  'voided again': 3,
  priced: 3,
  repriced: 4,
  settled: 6,
  'settled too late': 2,
}
type Event = keyof typeof ENOUGH

const WORLD = `
  insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
  values ('p', 'known', 7, 0.5, '2026-01-01');
  insert into copilot_internal.e2b_pricing (tier, region, price_per_second, price_per_cpu_core_second, effective_date)
  values ('t', 'r', 0.0003, 0.000014, '2026-01-01');
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
  select s.scope, s.id::uuid, kind, 1000000, 'month', s.policy
  from (values ('platform', null, 'allow'), ('tenant', '${TENANT}', 'charge_hold'), ('user', '${acme.userId}', 'charge_hold'),
               ('user', '${birch.userId}', 'allow')) as s (scope, id, policy)
  cross join unnest('{llm,e2b,all}'::text[]) as kind`
const RATES = { second: '0.0003', cpuCoreSecond: '0.000014', gbMemorySecond: '0', gbDiskIo: '0' }

/** Models whose price comes late: `late-0`, `late-1` and so on, each with a price of its own. */
const pricesOf = (model: string) =>
  model === 'known'
    ? { input: '7', output: '0.5' }
    : { input: `${1 + Number(model.slice(5))}.25`, output: '3' }

interface Settlement {
  readonly user: string | null
  readonly kind: string
  readonly amount: string
}

/** What all clients share: what they were answered, and what there is to be done. */
class Journal {
  readonly run = new Run()
  readonly events = new Map<string, number>()
  /** Quantities, each reported once: what a record or a revision was answered. */
  readonly kept = new Map<string, string>()
  readonly voids = new Map<string, number>()
  readonly settlements = new Map<string, Settlement>()
  readonly served = new Set<string>()
  /** Records by their requests, for whoever knows the one and not the other. */
  readonly records = new Map<string, string>()
  /** Holds that may be settled or recorded, by whoever comes first. */
  readonly holds: { id: string; user: string | null; kind: string }[] = []
  generation = 0
  #acts = 0
  #quantity = 1000

  count(event: Event): void {
    this.events.set(event, (this.events.get(event) ?? 0) + 1)
  }

  get isEnough(): boolean {
    return Object.entries(ENOUGH).every(([event, enough]) => (this.events.get(event) ?? 0) >= rounds(enough))
  }

  /** One of the requests that everybody is just after. */
  request(): string {
    this.#acts += 1
    return `request-${Math.floor(this.#acts / ACTS_PER_REQUEST) + Math.floor(Math.random() * REQUESTS_AT_ONCE)}`
  }

  quantity(): string {
    this.#quantity += 1
    return String(this.#quantity)
  }
}

const any = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

/** The answer, or undefined when there is no such usage (yet, or any more), which is the only refusal that there is. */
async function unlessUnknown(answer: Promise<Row[]>): Promise<Row | undefined> {
  try {
    return (await answer)[0]
  } catch (error) {
    if (error instanceof SqlError && error.code === 'QT008') return undefined
    throw error
  }
}

const acts = {
  async record(session: Session, journal: Journal): Promise<void> {
    const kind = any(['llm', 'llm', 'e2b'])
    const [request, quantity] = [journal.request(), journal.quantity()]
    const hold = Math.random() < 0.4 ? any(journal.holds.filter((one) => one.kind === kind)) : undefined
    const [answer] =
      kind === 'llm'
        ? await session.query(
            `select id, input_tokens as quantity from copilot_internal.record_llm_usage(
               $1, 'p', $2, $3, 11, $4, user_id => $5, reservation_id => $6)`,
            [
              TENANT,
              any(['known', `late-${journal.generation}`]),
              quantity,
              request,
              any(USERS),
              hold?.id ?? null,
            ],
          )
        : await session.query(
            `select id, execution_time_seconds::bigint as quantity from copilot_internal.record_e2b_usage(
               $1, 't', 'r', $2, 3.5, request_id => $3, user_id => $4, reservation_id => $5)`,
            [TENANT, quantity, request, any(USERS), hold?.id ?? null],
          )
    if (hold) journal.served.add(hold.id)
    if (answer?.['quantity'] !== quantity) return journal.count('recorded again')
    journal.kept.set(`${kind} ${quantity}`, request)
    journal.records.set(`${kind} ${request}`, answer?.['id'] ?? '')
    journal.count('recorded')
  },

  async revise(session: Session, journal: Journal): Promise<void> {
    const [kind, request, quantity] = [any(['llm', 'e2b']), journal.request(), journal.quantity()]
    const record = Math.random() < 0.3 ? journal.records.get(`${kind} ${request}`) : undefined
    const answer = await unlessUnknown(
      session.query(`select id from copilot_internal.revise_${kind}_usage($1, $2, $3, record_id => $4)`, [
        TENANT,
        record ? null : request,
        quantity,
        record ?? null,
      ]),
    )
    if (!answer) return journal.count('revised in vain')
    journal.kept.set(`${kind} ${quantity}`, request)
    journal.count('revised')
  },

  async void(session: Session, journal: Journal): Promise<void> {
    const [kind, request] = [any(['llm', 'e2b']), journal.request()]
    const answer = await unlessUnknown(
      session.query('select copilot_internal.void_usage($1, $2, $3) as yes', [TENANT, kind, request]),
    )
    if (answer?.['yes'] === 'f') journal.count('voided again')
    if (answer?.['yes'] !== 't') return
    const name = `${kind} ${request}`
    journal.voids.set(name, (journal.voids.get(name) ?? 0) + 1)
    journal.count('voided')
  },

  async price(session: Session, journal: Journal): Promise<void> {
    const model = `late-${journal.generation}`
    journal.generation += 1
    await price(session, model)
    journal.count('priced')
  },

  async reprice(session: Session, journal: Journal): Promise<void> {
    const model = `late-${Math.max(0, journal.generation - any([1, 1, 2]))}`
    const [answer] = await session.query(
      `select copilot_internal.reprice_unpriced_usage('p', $1, max_records => $2) as records`,
      [model, any([1, 3, null])],
    )
    if (answer?.['records'] !== '0') journal.count('repriced')
  },

  async reserve(session: Session, journal: Journal): Promise<void> {
    const [user, kind] = [any(USERS), any(['llm', 'e2b'])]
    const [answer] = await session.query(
      'select reservation_id as id from copilot_internal.reserve_quota($1, $2, 0.125, $3)',
      [TENANT, kind, user],
    )
    journal.holds.push({ id: answer?.['id'] ?? '', user, kind })
    if (journal.holds.length > 6) journal.holds.shift()
  },

  async settle(session: Session, journal: Journal): Promise<void> {
    const hold = any(journal.holds)
    if (!hold) return
    const amount = `0.${journal.quantity()}`
    const [answer] = await session.query('select copilot_internal.settle_reservation($1, $2, $3) as yes', [
      TENANT,
      hold.id,
      amount,
    ])
    if (answer?.['yes'] !== 't') return journal.count('settled too late')
    expect(journal.settlements.has(hold.id)).toBe(false)
    journal.settlements.set(hold.id, { user: hold.user, kind: hold.kind, amount })
    journal.count('settled')
  },
}
const mix =
  'record record record record record revise revise revise void reprice reprice reserve reserve settle settle'
    .split(' ')
    .map((name) => acts[name as keyof typeof acts])

/** A price that was in force all along. It may give up waiting for those who record: then it is tried again. */
async function price(session: Session, model: string): Promise<void> {
  const { input, output } = pricesOf(model)
  for (;;) {
    try {
      await session.query(
        `insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
         values ('p', $1, $2, $3, '2026-01-01')`,
        [model, input, output],
      )
      return
    } catch (error) {
      if (!(error instanceof SqlError && error.code === '55P03')) throw error
    }
  }
}

async function client(session: Session, journal: Journal, mayPrice: boolean): Promise<void> {
  while (!journal.run.over) {
    await any(mayPrice && Math.random() < 0.05 ? [acts.price] : mix)(session, journal)
  }
  await session.close()
}

/** The records that are left, and what records were before: a quantity each. */
const LEFT = `
  select 'llm' as kind, request_id, id, user_id, model, input_tokens::text as quantity, output_tokens::text as more
  from copilot_internal.llm_cost_records
  union all
  select 'e2b', request_id, id, user_id, tier, execution_time_seconds::bigint::text, cpu_core_seconds::text
  from copilot_internal.e2b_cost_records`
const FORMER = `
  select resource_type as kind, request_id, change,
         coalesce(former ->> 'input_tokens', (former ->> 'execution_time_seconds')::numeric::bigint::text) as quantity
  from copilot_internal.usage_changes where change in ('revised', 'voided')`

/** What each quota has to have spent: what is left on record, and settlements that no record has taken the place of. */
function charges(
  records: readonly Row[],
  journal: Journal,
): { user: string | null; kind: string; amount: Big }[] {
  const settled = [...journal.settlements].filter(([hold]) => !journal.served.has(hold))
  return [
    ...records.map((record) => ({
      user: record['user_id'] ?? null,
      kind: record['kind'] ?? '',
      amount:
        record['kind'] === 'llm'
          ? llmCost(pricesOf(record['model'] ?? ''), {
              input: record['quantity'] ?? '',
              output: record['more'] ?? '',
            }).total
          : e2bCost(RATES, { seconds: record['quantity'] ?? '', cpuCoreSeconds: record['more'] ?? '' }).total,
    })),
    ...settled.map(([, { user, kind, amount }]) => ({ user, kind, amount: new Big(amount) })),
  ]
}

needs(
  'two-sessions',
  'own-database',
  'own-backend',
)('corrections at once: each request once, nothing lost, and the books add up', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const control = await database.connect()
  await control.run(WORLD)
  const journal = new Journal()
  const sessions = await Promise.all(Array.from({ length: CLIENTS }, () => database.connect()))
  await journal.run.all([
    ...sessions.map((session, i) => client(session, journal, i < 2)),
    journal.run
      .until(`each often enough: ${Object.keys(ENOUGH).join(', ')}`, () => journal.isEnough)
      .then(() => journal.run.end()),
  ])
  await price(control, `late-${journal.generation}`)
  for (let n = 0; n <= journal.generation; n += 1)
    await control.query(`select copilot_internal.reprice_unpriced_usage('p', $1)`, [`late-${n}`])

  const left = await control.query(LEFT)
  const former = await control.query(FORMER)
  const name = (row: Row) => `${row['kind']} ${row['request_id']}`
  const quantity = (row: Row) => `${row['kind']} ${row['quantity']}`

  // Each request has one record or was voided once, by the one client that was told so.
  const names = left.map(name)
  expect(names.filter((one, i) => names.indexOf(one) !== i)).toEqual([])
  const voided = former.filter((row) => row['change'] === 'voided').map(name)
  expect(voided.sort()).toEqual([...journal.voids.keys()].sort())
  expect([...journal.voids.values()].filter((times) => times !== 1)).toEqual([])
  expect(names.filter((one) => journal.voids.has(one))).toEqual([])
  // What was answered is a record, or has been one: once, and of its request.
  const told = [...journal.kept].map(([what, request]) => `${what} ${request}`)
  expect([...left, ...former].map((row) => `${quantity(row)} ${row['request_id']}`).sort()).toEqual(
    told.sort(),
  )

  const all = charges(left, journal)
  const quotas = await control.query(
    'select scope, scope_id, resource_type, spent_usd::text from copilot_internal.cost_quotas',
  )
  expect(quotas).toHaveLength(12)
  for (const { scope, scope_id, resource_type, spent_usd } of quotas) {
    const due = all
      .filter(
        ({ user, kind }) =>
          (scope !== 'user' || user === scope_id) && [kind, 'all'].includes(resource_type ?? ''),
      )
      .reduce((sum, { amount }) => sum.plus(amount), new Big(0))
    expect({ scope, scope_id, resource_type, spent: new Big(spent_usd ?? 'NaN').toFixed() }).toEqual({
      scope,
      scope_id,
      resource_type,
      spent: due.toFixed(),
    })
  }
  expect(await control.query('select * from copilot_internal.quota_charge_estimates')).toEqual([])
  await control.close()
})
