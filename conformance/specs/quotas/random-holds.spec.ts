/**
 * Whatever is reserved, asked again, settled, released, recorded and left to expire, in whatever order: each answer, and
 * each quota's spend and holds, are those of a ledger that shares nothing with the SQL but the contract.
 *
 * Method: random operations of two tenants and two users against quotas of every scope and kind, that of the platform spread or not,
 * with amounts at the edge of the limits and of the type. A hold's time is made to pass in its row.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'
import { type Hold, money, type Quota, QuotaLedger } from '../../oracle/index.ts'

const TINY = '0.000000000000000001'
const QUOTAS: readonly Quota[] = [
  { scope: 'platform', scopeId: null, kind: 'all', limit: '20' },
  { scope: 'tenant', scopeId: acme.tenantId, kind: 'llm', limit: '7.5' },
  { scope: 'tenant', scopeId: acme.tenantId, kind: 'all', limit: '10' },
  { scope: 'tenant', scopeId: birch.tenantId, kind: 'e2b', limit: TINY },
  { scope: 'user', scopeId: acme.userId, kind: 'e2b', limit: '5.000000000000000001' },
]

const party = fc.record({
  tenant: fc.constantFrom(acme.tenantId, birch.tenantId),
  user: fc.constantFrom(null, acme.userId, birch.userId),
  kind: fc.constantFrom('llm', 'e2b'),
})
const amount = fc.constantFrom('0', TINY, '0.1', '2.5', '5', '5.000000000000000001', '7.5', '100000000')
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reserve'),
      party,
      amount,
      request: fc.constantFrom(null, 'a', 'b'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('record'),
      party,
      tokens: fc.integer({ min: 0, max: 5_000_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('settle', 'release', 'expire'), which: fc.nat(), amount }),
  },
)
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never

/** The product and the ledger beside each other, and the holds that were granted. */
interface Books {
  readonly session: Session
  readonly ledger: QuotaLedger
  readonly holds: readonly Hold[]
  /** Holds that were settled or given back; one whose time is over can still be either. */
  readonly done: ReadonlySet<string>
}

test('any order of operations leaves the books that the ledger has', async ({ session }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 1, maxLength: 14 }),
      fc.boolean(),
      async (operations, isSpread) => {
        await session.query('savepoint books')
        for (const { scope, scopeId, kind, limit } of QUOTAS) {
          await session.query(
            `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
           values ($1, $2, $3, $4, 'day')`,
            [scope, scopeId, kind, limit],
          )
        }
        if (isSpread)
          await session.query(
            `select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas where scope = 'platform'`,
          )
        let books: Books = { session, ledger: new QuotaLedger(QUOTAS), holds: [], done: new Set() }
        for (const one of operations) books = await perform(books, one)
        await expectBooks(books)
        await session.query('rollback to savepoint books')
        await session.query('release savepoint books')
      },
    ),
    { numRuns: rounds(20) },
  )
})

function perform(books: Books, one: Operation): Promise<Books> {
  if ('request' in one) return reserve(books, one)
  if ('tokens' in one) return record(books, one)
  const hold = books.holds[one.which % Math.max(1, books.holds.length)]
  if (!hold) return Promise.resolve(books)
  return one.do === 'expire' ? expire(books, hold) : finish(books, hold, one)
}

async function reserve(books: Books, one: Extract<Operation, { request: unknown }>): Promise<Books> {
  const { session, ledger } = books
  const { tenant, user, kind } = one.party
  const held = ledger.heldFor(tenant, kind, one.request)
  await session.query('savepoint ask')
  const asked = session.query(
    'select reservation_id as id, granted, left_usd as left from copilot_internal.reserve_quota($1, $2, $3, $4, $5)',
    [tenant, kind, one.amount, user, one.request],
  )
  if (held && held.user !== user) {
    await expect(asked).rejects.toMatchObject({ code: 'QT004' })
    await session.query('rollback to savepoint ask')
    return books
  }
  const [answer] = await asked
  const { granted, left, amount } = ledger.admit(one.party, kind, new Big(one.amount), held)
  expect({ granted: answer?.['granted'], left: answer?.['left'] }).toEqual({
    granted: granted ? 't' : 'f',
    left: left === undefined ? null : money(left),
  })
  if (held && granted) expect(answer?.['id']).toBe(held.id)
  if (!granted) return books
  const hold = { id: answer?.['id'] ?? '', tenant, user, kind, request: one.request, amount }
  ledger.hold(hold)
  return { ...books, holds: held ? books.holds : [...books.holds, hold] }
}

async function record(books: Books, one: Extract<Operation, { tokens: unknown }>): Promise<Books> {
  // gpt-4 costs 30 USD per million tokens.
  await books.session.query(
    `select copilot_internal.record_llm_usage($1, 'openai', 'gpt-4', $2, 0, user_id => $3)`,
    [one.party.tenant, one.tokens, one.party.user],
  )
  books.ledger.charge(one.party, 'llm', new Big(30).times(one.tokens).times('0.000001'))
  return books
}

async function expire(books: Books, hold: Hold): Promise<Books> {
  await books.session.query(
    `update copilot_internal.quota_reservations
     set created_at = now() - interval '1 hour', expires_at = now() - interval '1 second'
     where id = $1 and closed_at is null`,
    [hold.id],
  )
  if (hold.request === 'b') await books.session.query('select copilot_internal.close_expired_reservations()')
  books.ledger.close(hold.id)
  return books
}

async function finish(books: Books, hold: Hold, one: Extract<Operation, { which: unknown }>): Promise<Books> {
  const call =
    one.do === 'settle'
      ? books.session.query('select copilot_internal.settle_reservation($1, $2, $3) as yes', [
          hold.tenant,
          hold.id,
          one.amount,
        ])
      : books.session.query('select copilot_internal.release_reservation($1, $2) as yes', [
          hold.tenant,
          hold.id,
        ])
  expect(await call).toEqual([{ yes: books.done.has(hold.id) ? 'f' : 't' }])
  if (one.do === 'settle' && !books.done.has(hold.id)) {
    books.ledger.charge(hold, hold.kind, new Big(one.amount))
  }
  books.ledger.close(hold.id)
  return { ...books, done: new Set([...books.done, hold.id]) }
}

async function expectBooks({ session, ledger }: Books): Promise<void> {
  const quotas = await session.query(`
    select q.scope, q.scope_id, s.resource_type, s.spent_usd, s.held_usd, s.left_usd
    from copilot_internal.cost_quotas as q
    join copilot_internal.quota_status(q.scope, q.scope_id) as s on s.quota_id = q.id`)
  const byName = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort()
  expect(byName(quotas)).toEqual(
    byName(
      QUOTAS.map((quota) => ({
        scope: quota.scope,
        scope_id: quota.scopeId,
        resource_type: quota.kind,
        spent_usd: money(ledger.spent(quota)),
        held_usd: money(ledger.held(quota)),
        left_usd: money(new Big(quota.limit).minus(ledger.spent(quota)).minus(ledger.held(quota))),
      })),
    ),
  )
}
