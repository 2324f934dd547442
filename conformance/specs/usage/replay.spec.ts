/**
 * Recorded usage under other prices, and the bundled month that it is tried on.
 *
 * Method: the bundled month is loaded, and a sheet with a cut, components, a new model and a sandbox is taken as the new
 * prices. The sums are compared with the oracle's costs of every record by itself.
 */
import { readFileSync } from 'node:fs'
import Big from 'big.js'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { detailedCost, e2bCost } from '../../oracle/index.ts'
import {
  applied,
  Book,
  cardOf,
  drift,
  propose,
  readKnown,
  readPrices,
  replay,
  usd,
} from '../../pricing/index.ts'
import { BUNDLED, loadMonth, month, monthCsv } from '../../usage/index.ts'
import { verifyFull } from '../../verify/index.ts'

const sheet = readPrices('fixtures/pricing/several-changes.json')

/** One use of the bundled month. */
type Use = ReturnType<typeof month> extends Iterable<infer One> ? One : never

/** What one record costs by itself: the oracle’s answer. Undefined where it has no price. */
function costOf(use: Use, book: Book): Big | undefined {
  const at = Date.parse(use.at)
  if (use.kind === 'llm') {
    const version = book.versionOf(use.provider, use.model, at)
    if (!version) return undefined
    const tokens = {
      input: BigInt(use.input),
      output: BigInt(use.output),
      cached: BigInt(use.cached),
      write5m: BigInt(use.write5m),
      write1h: BigInt(use.write1h),
    }
    return detailedCost(cardOf(version), { ...tokens, batch: use.batch }).total
  }
  const version = book.at(`e2b/${use.tier}@${use.region}`, at) ?? book.at(`e2b/${use.tier}@us-east-1`, at)
  const rate = (field: string) => version?.amounts[field] ?? '0'
  return e2bCost(
    {
      second: rate('price_per_second'),
      cpuCoreSecond: rate('price_per_cpu_core_second'),
      gbMemorySecond: rate('price_per_gb_memory_second'),
      gbDiskIo: rate('price_per_gb_disk_io'),
    },
    { seconds: use.seconds, cpuCoreSeconds: use.core, gbMemorySeconds: use.memory, gbDiskIo: use.disk },
  ).total
}

/** What the records cost, added up by tenant. */
function byTenant(book: Book): Map<string, Big> {
  const sums = new Map<string, Big>()
  for (const use of month(BUNDLED)) {
    const cost = costOf(use, book)
    if (cost) sums.set(use.tenant, (sums.get(use.tenant) ?? new Big(0)).plus(cost))
  }
  return sums
}

/** The day on which what a tenant has used up in January passes a limit. */
function exceededOn(book: Book, tenant: string, limit: Big): string | undefined {
  const days = new Map<string, Big>()
  for (const use of month(BUNDLED)) {
    if (use.tenant !== tenant || !use.at.startsWith('2026-01')) continue
    const day = use.at.slice(0, 10)
    days.set(day, (days.get(day) ?? new Big(0)).plus(costOf(use, book) ?? 0))
  }
  let spent = new Big(0)
  for (const [day, cost] of [...days].sort(([a], [b]) => a.localeCompare(b))) {
    spent = spent.plus(cost)
    if (spent.gt(limit)) return day
  }
  return undefined
}

let once: ReturnType<typeof replayedIn> | undefined

/** What is answered is the same in each test. */
function replayed(session: Session): ReturnType<typeof replayedIn> {
  once ??= replayedIn(session)
  return once
}

async function replayedIn(session: Session) {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  const known = await readKnown(session)
  const after = applied(known, propose([sheet], known, { today: '2026-01-20' }).changes)
  return { known, after, result: await replay(session, known, after) }
}

test('the bundled month is what the generator makes', () => {
  expect([...monthCsv(BUNDLED)].join('')).toBe(readFileSync('fixtures/usage-2026-01.csv', 'utf8'))
})

test('a month that is loaded holds in every check, and nothing of it drifts', async ({ session }) => {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  const { findings } = await verifyFull(session)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(await drift(session)).toEqual({ records: 0, examples: [] })
})

test('the sums are the oracle’s to the last digit, in each way of asking', async ({ session }) => {
  const { known, after, result } = await replayed(session)
  const inWords = (sums: ReadonlyMap<string, Big>) =>
    Object.fromEntries([...sums].map(([id, sum]) => [id, sum.toFixed()]))
  const of = (way: 'before' | 'after' | 'stored') =>
    Object.fromEntries([...result.by.tenant].map(([id, costs]) => [id, usd(costs[way])]))
  const now = inWords(byTenant(new Book(known)))
  expect(of('before')).toEqual(now)
  expect(of('stored')).toEqual(now)
  expect(of('after')).toEqual(inWords(byTenant(new Book(after))))
  expect(of('after')).not.toEqual(now)
})

test('every dimension adds up to the same total', async ({ session }) => {
  const { result } = await replayed(session)
  const total = result.by.total.get('all')
  for (const sums of Object.values(result.by))
    for (const way of ['stored', 'before', 'after', 'always'] as const)
      expect([...sums.values()].reduce((sum, costs) => sum + costs[way], 0n)).toBe(total?.[way])
  expect(total?.records).toBe(BUNDLED)
})

test('as if it had always been so differs from the effective date on', async ({ session }) => {
  const { result } = await replayed(session)
  const o3 = result.by.model.get('openai/o3')
  expect(o3?.after).toBeLessThan(o3?.before ?? 0n)
  expect(o3?.always).toBeLessThan(o3?.after ?? 0n)
  // A cut of a fifth in every price that no list derives.
  expect(result.by.model.get('openai/gpt-4.1')?.always).toBe(result.by.model.get('openai/gpt-4.1')?.before)
})

describe('as if it had always been so is the proposed price', () => {
  /** Of a price from 5 January on, once proposed so. */
  async function replayedWith(session: Session, change: object, there: readonly object[] = []) {
    const known = await readKnown(session)
    const key = 'groq/openai/gpt-oss-120b'
    const former = known.versions.get(key) ?? []
    const [price] = former
    if (!price) throw new Error(`${key} has no price.`)
    const is = { ...known, versions: new Map(known.versions) }
    is.versions.set(key, [...former, ...there.map((one) => ({ ...price, id: 'there', ...one }))])
    const amounts = { ...price.amounts, output: '0.5' }
    const { until: _, ...endless } = price
    const prices = [{ ...endless, amounts, from: '2026-01-05T00:00:00Z', ...change }]
    const after = applied(is, propose([{ ...sheet, prices }], is, { today: '2026-01-20' }).changes)
    const result = await replay(session, is, after)
    return { total: result.by.total.get('all')?.always, model: result.by.model.get(key) }
  }

  test('also where it has an end', async ({ session }) => {
    await session.query('set local role postgres')
    await loadMonth(session, BUNDLED)
    const endless = await replayedWith(session, {})
    expect(endless.model?.always).toBeLessThan(endless.model?.after ?? 0n)
    const promotion = await replayedWith(session, { until: '2026-01-10T00:00:00Z' })
    expect(promotion.model?.always).toBe(endless.model?.always)
    expect(promotion.total).toBe(endless.total)
  })

  test('also where another is to follow already', async ({ session }) => {
    await session.query('set local role postgres')
    await loadMonth(session, BUNDLED)
    const alone = await replayedWith(session, {})
    const later = { from: '2026-01-25T00:00:00Z', amounts: { input: '9', output: '9' } }
    const followed = await replayedWith(session, {}, [later])
    expect(followed.model?.always).toBe(alone.model?.always)
  })
})

test('what stays without a price is counted, and what gets one, too', async ({ session }) => {
  const { result } = await replayed(session)
  const models = [...result.unpriced.keys()].filter((name) => !name.startsWith('e2b/')).sort()
  expect(models).toEqual([
    'anthropic/claude-opus-5',
    'mistral/mistral-large-latest',
    'openai/azure/gpt-5.2',
    'openai/gpt-5-mini-2026-01-15',
  ])
  const opus = result.unpriced.get('anthropic/claude-opus-5')
  expect(opus?.unpricedAfter).toBeLessThan(opus?.unpricedBefore ?? 0)
})

test('a quota that would be exceeded on another day is told, with both days', async ({ session }) => {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  const known = await readKnown(session)
  const after = applied(known, propose([sheet], known, { today: '2026-01-20' }).changes)
  const [now, later] = [byTenant(new Book(known)), byTenant(new Book(after))]
  const [tenant = '', spent = new Big(0)] = [...now].find(([id, sum]) => !later.get(id)?.eq(sum)) ?? []
  const limit = spent.plus(later.get(tenant) ?? 0).times('0.5')
  const quota = (usdLimit: Big) =>
    session.query(
      `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_anchor)
       values ('tenant', $1, 'all', $2, 'month', '2026-01-01Z')
       on conflict (scope, scope_id, resource_type, period) do update set limit_usd = excluded.limit_usd`,
      [tenant, usdLimit.toFixed()],
    )
  await quota(limit)
  const { quotas } = await replay(session, known, after)
  expect(quotas).toMatchObject([
    {
      quota: `tenant ${tenant} all a month`,
      before: { exceeded: exceededOn(new Book(known), tenant, limit) },
      after: { exceeded: exceededOn(new Book(after), tenant, limit) },
    },
  ])
  expect(quotas[0]?.before.exceeded).not.toBe(quotas[0]?.after.exceeded)

  await quota(spent.times(2))
  expect((await replay(session, known, after)).quotas).toEqual([])
})

test('a record that somebody has rewritten past the constraints drifts', async ({ session }) => {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  await session.run(`
    alter table copilot_internal.llm_cost_records disable trigger user;
    do $$ declare name text; begin
      for name in select conname from pg_catalog.pg_constraint
                  where conrelid = 'copilot_internal.llm_cost_records'::regclass and contype = 'c' loop
        execute format('alter table copilot_internal.llm_cost_records drop constraint %I', name);
      end loop;
    end $$`)
  const [changed] = await session.query(
    `update copilot_internal.llm_cost_records set total_cost_usd = total_cost_usd + 0.01
     where id = (select id from copilot_internal.llm_cost_records where not is_unpriced order by id limit 1) returning id`,
  )
  expect(await drift(session)).toEqual({ records: 1, examples: [`llm ${changed?.['id']}`] })
})
