/**
 * Whatever people do to quotas while usage is charged: what is open, what is archived and what each quota has spent is what a
 * ledger has that shares nothing with the SQL but the contract.
 *
 * Method: random sequences of statements and calls. A quota is made, limited otherwise, counted by another period, spread and gathered,
 * deleted and made again; usage is recorded, revised, taken back, reserved and settled. After each, time passes: everything that has
 * happened is moved into the past, as now() stands still within a test.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'
import {
  type OpenQuota,
  type Party,
  QuotaBooks,
  type QuotaPeriod,
  type ResourceKind,
} from '../../oracle/index.ts'

const SECOND = 1_000_000
const HOUR = 3600 * SECOND

const period = fc.constantFrom<QuotaPeriod>('hour', 'day', 'week', 'month')
const limit = fc.constantFrom('0', '0.000000000000000001', '2.5', '7', '1000')
const named = fc.record({
  scope: fc.constantFrom('platform', 'tenant', 'user'),
  kind: fc.constantFrom('llm', 'e2b', 'all'),
  limit,
})
const party = fc.record({
  tenant: fc.constant(acme.tenantId),
  user: fc.constantFrom(null, acme.userId, birch.userId),
})
const kind = fc.constantFrom<ResourceKind>('llm', 'e2b')
const amount = fc.constantFrom('0', '0.000000000000000001', '0.1', '2.5', '7')
const tokens = fc.integer({ min: 0, max: 200_000 })
const which = fc.nat()

const operation = fc.record({
  act: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        named,
        period,
        later: fc.constantFrom(0, 0, 2, 1000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('limit' as const), which, limit }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('recount' as const), which, period }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('spread' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('gather' as const), which }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('set' as const), named, period, from: fc.option(period) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('record' as const), party, tokens, hold: fc.option(which) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('revise' as const), which, tokens: fc.option(tokens) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reserve' as const), party, kind, amount }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), which, amount }) },
  ),
  after: fc.constantFrom(SECOND, HOUR / 3, 5 * HOUR, 48 * HOUR, 960 * HOUR),
})
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never
type Act<Name> = Extract<Operation['act'], { do: Name }>

interface Held extends Party {
  readonly id: string
  readonly kind: ResourceKind
  state: 'open' | 'settled' | 'served'
}

/** The product and the ledger beside each other, with what there is to be settled and corrected. */
class Play {
  readonly session: Session
  readonly books: QuotaBooks
  readonly holds: Held[] = []
  readonly used: string[] = []

  constructor(session: Session, now: number) {
    this.session = session
    this.books = new QuotaBooks(now)
  }

  async add({ named, period, later }: Act<'add'>): Promise<void> {
    const quota = { ...named, scopeId: scopeId(named.scope) }
    await this.#unlessThere(
      this.books.find(quota, period),
      `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start)
       values ('${quota.scope}', ${literal(quota.scopeId)}, '${quota.kind}', ${quota.limit}, '${period}',
               now() + interval '${later} hours')`,
      () => this.books.add(quota, period, later * HOUR),
    )
  }

  async limit({ which, limit }: Act<'limit'>): Promise<void> {
    const quota = chosen(this.books.quotas, which)
    if (!quota) return
    await this.session.run(
      `update copilot_internal.cost_quotas set limit_usd = ${limit} where ${sqlName(quota)}`,
    )
    this.books.limit(quota, limit)
  }

  async recount({ which, period }: Act<'recount'>): Promise<void> {
    const quota = chosen(this.books.quotas, which)
    if (!quota) return
    const other = this.books.find(quota, period)
    await this.#unlessThere(
      other === quota ? undefined : other,
      `update copilot_internal.cost_quotas set period = '${period}' where ${sqlName(quota)}`,
      () => this.books.recount(quota, period),
    )
  }

  async remove({ which }: Act<'remove'>): Promise<void> {
    const quota = chosen(this.books.quotas, which)
    if (!quota) return
    await this.session.run(`delete from copilot_internal.cost_quotas where ${sqlName(quota)}`)
    this.books.remove(quota)
  }

  /** All quotas of the platform that there are. What anything has spent stays as it is. */
  async spread(): Promise<void> {
    await this.session.query(
      `select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas where scope = 'platform'`,
    )
  }

  async gather({ which }: Act<'gather'>): Promise<void> {
    const quota = chosen(this.books.quotas, which)
    if (!quota) return
    await this.session.query(
      `select copilot_internal.gather_quota(id) from copilot_internal.cost_quotas where ${sqlName(quota)}`,
    )
  }

  async set({ named, period, from }: Act<'set'>): Promise<void> {
    const quota = { ...named, scopeId: scopeId(named.scope) }
    const call = `select copilot_internal.set_quota('${quota.scope}', ${literal(quota.scopeId)}, '${quota.kind}', ${quota.limit},
                    '${period}', from_period => ${literal(from)})`
    const former = from === null ? undefined : this.books.find(quota, from)
    const there = this.books.find(quota, period)
    if (former && there && former !== there) return this.#refused('23505', call)
    if (from !== null && !former && !there) return this.#refused('22023', call)
    await this.session.query(call)
    for (const one of this.books.quotas)
      if (one.scope === quota.scope && one.kind === quota.kind) this.books.rollOver(one)
    const meant = former ?? there
    if (!meant) return this.books.add(quota, period)
    this.books.recount(meant, period)
    this.books.limit(meant, quota.limit)
  }

  async record({ party, tokens, hold }: Act<'record'>): Promise<void> {
    const held =
      hold === null
        ? undefined
        : chosen(
            this.holds.filter((one) => one.kind === 'llm'),
            hold,
          )
    const request = `request-${this.used.length}`
    await this.session.query(
      `select copilot_internal.record_llm_usage('${party.tenant}', 'openai', 'gpt-4', ${tokens}, 0, '${request}',
         user_id => ${literal(party.user)}, reservation_id => ${literal(held?.id)})`,
    )
    if (held) {
      this.books.roll(party, 'llm')
      this.books.roll(held, 'llm')
      this.books.close(held.id)
    }
    this.books.use(request, party, 'llm', costOf(tokens), held?.state === 'settled' ? held.id : undefined)
    if (held) held.state = 'served'
    this.used.push(request)
  }

  /** Other quantities, or none: then it is taken back. */
  async revise({ which, tokens }: Act<'revise'>): Promise<void> {
    const request = chosen(this.used, which)
    if (!request) return
    const left = await this.session.query(
      'select from copilot_internal.llm_cost_records where request_id = $1',
      [request],
    )
    if (left.length === 0) return
    await this.session.query(
      tokens === null
        ? `select copilot_internal.void_usage('${acme.tenantId}', 'llm', '${request}')`
        : `select copilot_internal.revise_llm_usage('${acme.tenantId}', '${request}', ${tokens})`,
    )
    this.books.revise(request, costOf(tokens ?? 0))
  }

  async reserve({ party, kind, amount }: Act<'reserve'>): Promise<void> {
    const [answer] = await this.session.query(
      `select reservation_id as id, granted, trim_scale(left_usd) as left
       from copilot_internal.reserve_quota('${party.tenant}', '${kind}', ${amount}, ${literal(party.user)}, null, '90 years')`,
    )
    this.books.roll(party, kind)
    const { granted, left } = this.books.admit(party, kind, new Big(amount), undefined)
    expect([answer?.['granted'], answer?.['left']]).toEqual([granted ? 't' : 'f', left?.toFixed() ?? null])
    if (!granted) return
    const hold = { ...party, id: answer?.['id'] ?? '', kind, request: null, amount: new Big(amount) }
    this.books.hold(hold)
    this.holds.push({ ...hold, state: 'open' })
  }

  async settle({ which, amount }: Act<'settle'>): Promise<void> {
    const hold = chosen(this.holds, which)
    if (!hold) return
    const [answer] = await this.session.query(
      `select copilot_internal.settle_reservation('${hold.tenant}', '${hold.id}', ${amount}) as yes`,
    )
    expect(answer?.['yes']).toBe(hold.state === 'open' ? 't' : 'f')
    this.books.roll(hold, hold.kind)
    if (hold.state !== 'open') return
    this.books.use(hold.id, hold, hold.kind, new Big(amount))
    this.books.close(hold.id)
    hold.state = 'settled'
  }

  async pass(microseconds: number): Promise<void> {
    await this.session.run(past(microseconds))
    this.books.pass(microseconds)
  }

  async #unlessThere(there: OpenQuota | undefined, sql: string, then: () => void): Promise<void> {
    if (there) return this.#refused('23505', sql)
    await this.session.run(sql)
    then()
  }

  async #refused(code: string, sql: string): Promise<void> {
    await this.session.query('savepoint attempt')
    await expect(this.session.run(sql)).rejects.toMatchObject({ code })
    await this.session.query('rollback to savepoint attempt')
  }
}

const chosen = <T>(values: readonly T[], which: number): T | undefined =>
  values[which % Math.max(1, values.length)]
const literal = (value: string | null | undefined) => (value == null ? 'null' : `'${value}'`)
const scopeId = (scope: string) => ({ tenant: acme.tenantId, user: acme.userId })[scope] ?? null
const sqlName = ({ scope, kind, period }: OpenQuota) =>
  `scope = '${scope}' and resource_type = '${kind}' and period = '${period}'`
/** gpt-4 costs 30 USD per million tokens. */
const costOf = (tokens: number) => new Big(30).times(tokens).times('0.000001')

/** Moves all that has happened so far into the past. */
const past = (microseconds: number) =>
  [
    'cost_quotas set period_start = period_start - by, period_end = period_end - by, period_anchor = period_anchor - by, created_at = created_at - by',
    'cost_quota_periods set period_start = period_start - by, period_end = period_end - by',
    'quota_reservations set created_at = created_at - by, expires_at = expires_at - by, closed_at = closed_at - by',
    'llm_cost_records set charged_at = charged_at - by',
    'usage_changes set changed_at = least(changed_at, now()) - by',
  ]
    .map(
      (change) =>
        `update copilot_internal.${change} from (values (interval '${microseconds / SECOND} seconds')) as passed (by);`,
    )
    .join('\n')

const at = (time: string) => `(extract(epoch from ${time}) * 1000000)::bigint`
const columns = (spent: string) => `
  scope, scope_id, resource_type, period, ${at('period_start')} as start, ${at('period_end')} as end,
  trim_scale(limit_usd)::text as limit, trim_scale(${spent})::text as spent`
const row = (quota: Omit<OpenQuota, 'anchor'>, spent: Big): Row => ({
  scope: quota.scope,
  scope_id: quota.scopeId,
  resource_type: quota.kind,
  period: quota.period,
  start: String(quota.start),
  end: String(quota.end),
  limit: new Big(quota.limit).toFixed(),
  spent: spent.toFixed(),
})
const sorted = (rows: readonly Row[]) => rows.map((one) => JSON.stringify(one)).sort()

async function expectBooks({ session, books }: Play): Promise<void> {
  await session.query(
    'select copilot_internal.charge_quotas(array(select id from copilot_internal.cost_quotas), 0)',
  )
  for (const quota of books.quotas) books.rollOver(quota)
  const open = columns('spent_usd + copilot_internal.quota_parts_usd(id)')
  expect(sorted(await session.query(`select ${open} from copilot_internal.cost_quotas`))).toEqual(
    sorted(books.quotas.map((quota) => row(quota, books.spent(quota)))),
  )
  const closed = columns('spent_usd')
  expect(sorted(await session.query(`select ${closed} from copilot_internal.cost_quota_periods`))).toEqual(
    sorted(books.closed.map((closed) => row(closed, closed.spent))),
  )
}

test('any order of edits and charges leaves the books that the ledger has', async ({ session }) => {
  const [clock] = await session.query(`select ${at('now()')} as now`)
  await session.run('alter table copilot_internal.llm_cost_records disable trigger _100_refuse_rewriting')
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 1, maxLength: 16, size: 'max' }),
      async (operations) => {
        await session.query('savepoint books')
        try {
          const play = new Play(session, Number(clock?.['now']))
          for (const { act, after } of operations) {
            await play[act.do](act as never)
            await play.pass(after)
          }
          await expectBooks(play)
        } finally {
          await session.query('rollback to savepoint books')
          await session.query('release savepoint books')
        }
      },
    ),
    { numRuns: rounds(30) },
  )
})
