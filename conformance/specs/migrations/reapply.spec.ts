/**
 * The migrations can be run again: twice, after a crash half-way, after the published recovery, and on a database that
 * holds usage.
 *
 * Method: on a database with the platform only, or with the migrations, in one transaction. Afterwards the schema is compared
 * with what the migrations add up to on a fresh database, and the rows with what they were.
 */
import { owner } from '../../../fixtures/people.ts'
import { schemaText } from '../../catalog/index.ts'
import type { Session } from '../../engines/index.ts'
import { type Migration, migrations, splitStatements } from '../../engines/index.ts'
import { describe, expect, fixture, needs, test } from '../../harness/index.ts'

const files = migrations()

const RECOVERY = `
  DROP TABLE IF EXISTS copilot_internal.e2b_cost_records CASCADE;
  DROP TABLE IF EXISTS copilot_internal.e2b_pricing CASCADE;
  DROP TABLE IF EXISTS copilot_internal.model_pricing CASCADE;`

async function apply(session: Session, some: readonly Migration[] = files): Promise<void> {
  for (const { sql } of some) await session.run(sql)
}

const PRICES = `
  select provider as list, model as item, input_price_per_million as a, output_price_per_million as b, effective_date, expires_at
  from copilot_internal.model_pricing
  union all
  select tier, region, price_per_second, price_per_cpu_core_second, effective_date, expires_at from copilot_internal.e2b_pricing
  order by 1, 2, 5`
const USAGE = `
  select to_jsonb(r) as record from copilot_internal.llm_cost_records as r
  union all select to_jsonb(r) from copilot_internal.e2b_cost_records as r
  union all select to_jsonb(r) from copilot_internal.llm_usage_totals as r
  union all select to_jsonb(r) from copilot_internal.e2b_usage_totals as r
  union all select to_jsonb(r) from copilot_internal.llm_usage_rollups as r
  union all select to_jsonb(r) from copilot_internal.e2b_usage_rollups as r
  union all select to_jsonb(r) from copilot_internal.usage_rollup_state as r
  union all select to_jsonb(r) from copilot_internal.cost_quotas as r
  union all select to_jsonb(r) from copilot_internal.cost_quota_periods as r
  union all select to_jsonb(r) from copilot_internal.quota_reservations as r
  order by 1`

test('applied twice, schema and prices are the same as applied once', async ({ session, on }) => {
  const schema = await schemaText(session)
  const prices = await session.query(PRICES)
  await apply(session)
  expect(await schemaText(session)).toBe(schema)
  await on(session).as(owner)(PRICES).resultsEq(prices)
})

/** A released file does not change, so these make functions and a view of former files anew: they are to be run after those. */
const REPLACES = [
  '20260107000001_faster_recording.sql',
  '20260107000002_faster_summaries.sql',
  '20260107000003_faster_quotas.sql',
  '20260107000004_exact_quotas.sql',
  '20260107000005_exact_prices.sql',
  '20260107000006_exact_revisions.sql',
]

needs('thorough-run')(
  'a single file run again takes back only what is replaced later',
  async ({ session }) => {
    const schema = await schemaText(session)
    for (const file of files) {
      await apply(session, [file, ...files.filter(({ name }) => REPLACES.includes(name))])
      expect(await schemaText(session), file.name).toBe(schema)
    }
  },
)

test('the published notices are printed, each time', async ({ platform }) => {
  for (const _ of ['first', 'second']) {
    const notices: string[] = []
    const stop = platform.onNotice(({ message }) => notices.push(message))
    await apply(platform)
    stop()
    expect(notices.filter((message) => message.startsWith('✓'))).toEqual([
      '✓ e2b_pricing table created',
      '✓ e2b_cost_records table created',
      '✓ cost_quotas extended with resource_type',
      '✓ 4 pricing tiers seeded',
      '✓ model_pricing table created',
      '✓ 27 total pricing records seeded',
    ])
  }
})

describe.each(files.map((file, i) => ({ ...file, earlier: files.slice(0, i) })))(
  '$name',
  ({ name, sql, earlier }) => {
    const statements = splitStatements(sql)

    needs('every-statement')(
      'cut off after any of its statements, it can be run again',
      async ({ platform }) => {
        await apply(platform, earlier)
        await platform.query('savepoint start')
        await platform.run(sql)
        const whole = await schemaText(platform)
        await platform.query('rollback to savepoint start')

        for (const [i, statement] of statements.entries()) {
          await platform.query(statement)
          // Running again replaces every comment and function and, as closes-again.spec.ts claims, grants what lacks: one more
          // or less of them makes no difference.
          if (/^(comment on|grant|create or replace function)\b/i.test(statement)) continue
          await platform.query('savepoint cut_off')
          await platform.run(sql)
          expect(await schemaText(platform), `${name}, cut off after statement ${i + 1}`).toBe(whole)
          await platform.query('rollback to savepoint cut_off')
          await platform.query('release savepoint cut_off')
        }
      },
      600_000,
    )

    test('it opens no transaction and takes no lock of its own', () => {
      for (const statement of statements) {
        expect(statement).not.toMatch(/^\s*(begin|start transaction|commit|rollback|lock|set\s+local)\b/i)
        expect(statement).not.toMatch(/\bconcurrently\b/i)
      }
    })
  },
)

describe('on a database that holds usage', () => {
  test.beforeEach(async ({ session }) => {
    await session.run(fixture('two-tenants'))
  })

  test('no row of usage is lost or changed', async ({ session, on }) => {
    const before = await session.query(USAGE)
    await apply(session)
    await on(session).as(owner)(USAGE).resultsEq(before)
    expect(before).toHaveLength(25)
  })

  test('prices that have changed since stay changed', async ({ session, on }) => {
    await session.run(`
      update copilot_internal.e2b_pricing set price_per_second = 0.0002 where tier = 'standard';
      update copilot_internal.model_pricing set expires_at = now() where model = 'gpt-4';
      insert into copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('openai', 'gpt-4', 20, 40, now());`)
    const before = await session.query(PRICES)
    await apply(session)
    await on(session).as(owner)(PRICES).resultsEq(before)
  })

  test('the published recovery brings everything back', async ({ session, on }) => {
    const schema = await schemaText(session)
    const prices = await session.query(PRICES)
    await session.run(`
      update copilot_internal.llm_cost_records as r set pricing_id = p.id
      from copilot_internal.model_pricing as p where (p.provider, p.model) = (r.provider, r.model)`)
    const calls = 'select to_jsonb(r) as record from copilot_internal.llm_cost_records as r order by 1'
    const before = await session.query(calls)
    await session.run(RECOVERY)
    await apply(session)
    expect(await schemaText(session)).toBe(schema)
    await on(session).as(owner)(PRICES).resultsEq(prices)
    await on(session).as(owner)(calls).resultsEq(before)
    // What was kept still guards: a new record may not refer to a price that is gone.
    expect(before.length).toBeGreaterThan(0)
  })

  test('a record keeps its price and its reference when the list is dropped', async ({ session, on }) => {
    await session.run(`
      update copilot_internal.llm_cost_records as r set pricing_id = p.id
      from copilot_internal.model_pricing as p where (p.provider, p.model) = (r.provider, r.model);
      update copilot_internal.e2b_cost_records as r set pricing_id = p.id
      from copilot_internal.e2b_pricing as p where p.tier = r.tier`)
    const before = await session.query(USAGE)
    await session.run('drop table copilot_internal.e2b_pricing, copilot_internal.model_pricing cascade')
    await apply(session)
    await on(session).as(owner)(USAGE).resultsEq(before)
    await on(session).as(owner)`
      select (select count(pricing_id) from copilot_internal.llm_cost_records) as calls,
             (select count(pricing_id) from copilot_internal.e2b_cost_records) as runs`.resultsEq([
      { calls: 3, runs: 3 },
    ])
  })

  needs('thorough-run')('each of the three tables can be recovered on its own', async ({ session }) => {
    const schema = await schemaText(session)
    for (const table of ['e2b_cost_records', 'e2b_pricing', 'model_pricing']) {
      await session.query(`drop table copilot_internal.${table} cascade`)
      await apply(session)
      expect(await schemaText(session), table).toBe(schema)
    }
  })
})
