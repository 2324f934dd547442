/**
 * What ends or begins while a transaction goes on: it is decided by when that began, so that all of its statements see the same.
 *
 * Method: a period, or a price, that ends or begins a microsecond after now(); then time passes.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, quota } from './holds.ts'

const LATER = `interval '1 microsecond'`
const hour = (hours: number) =>
  `${quota('period, period_start, spent_usd', `'hour', now() - interval '${hours} hours' + ${LATER}, 3`)} select pg_sleep(0.001)`
/** An hour that ends as this goes on, and one that was over before the present one began. */
const [ENDS, OVER] = [hour(1), hour(2)]
const present = { starts: '-00:59:59.999999', ends: '00:00:00.000001' }

describe.each([
  ['quota_status', `quota_status('tenant', '${A}')`, service],
  ['my_quota_status', 'my_quota_status()', acme],
] as const)('%s shows the period of now()', (_, call, actor) => {
  const status = `
    select period_start - now() as starts, period_end - now() as ends, trim_scale(spent_usd) as spent, trim_scale(left_usd) as left
    from copilot_internal.${call}`

  test('which ends meanwhile', async ({ as, session }) => {
    await session.run(ENDS)
    await as(actor)(status).resultsEq([{ ...present, spent: 3, left: 7 }])
  })

  test('which followed one that was over, and ends meanwhile', async ({ as, session }) => {
    await session.run(OVER)
    await as(actor)(status).resultsEq([{ ...present, spent: 0, left: 10 }])
  })
})

test('check_llm_quota: no quota is written whose period is not over', async ({ as, session }) => {
  await session.run(ENDS)
  const place = async () => session.query('select ctid from copilot_internal.cost_quotas')
  const before = await place()
  await as(service)(`select copilot_internal.check_llm_quota('tenant', '${A}', 1) as fits`).resultsEq([
    { fits: true },
  ])
  expect(await place()).toEqual(before)
})

describe('apply_charges', () => {
  /** The second charge of a transaction closes periods that are over, and looks at each quota once more. */
  const CHARGE = `select copilot_internal.apply_charges(array(select id from copilot_internal.cost_quotas), '{1}')`
  const charged = `
    select period_start - now() as starts, period_end - now() as ends, trim_scale(spent_usd) as spent
    from copilot_internal.cost_quotas`

  test('a period that ends meanwhile is charged', async ({ as, session }) => {
    await session.run(ENDS)
    for (const spent of [4, 5]) {
      await session.query(CHARGE)
      await as(owner)(charged).resultsEq([{ ...present, spent }])
    }
  })

  test('a period after one that was over, ending meanwhile, is charged', async ({ as, session }) => {
    await session.run(OVER)
    await session.query(CHARGE)
    await as(owner)(charged).resultsEq([{ ...present, spent: 1 }])
  })

  test('a period that begins meanwhile is charged', async ({ as, session }) => {
    await session.run(hour(0))
    for (const spent of [4, 5]) {
      await session.query(CHARGE)
      await as(owner)(charged).resultsEq([{ starts: '00:00:00.000001', ends: '01:00:00.000001', spent }])
    }
  })
})

test('assert_prunable: the period of now() stays, though it ends meanwhile', async ({ as, session }) => {
  for (const begun of [ENDS, OVER]) {
    await session.query('savepoint one')

    await session.run(begun)
    const prunable = (before: string) =>
      `select copilot_internal.assert_prunable(now() - interval '1 hour' + ${before})`
    await as(service)(prunable(`interval '2 microseconds'`)).throwsOk('QT009')
    await as(service)(prunable(LATER)).livesOk()

    await session.query('rollback to savepoint one')
  }
})

test('reserve_quota: what gets a price meanwhile had none', async ({ as, session }) => {
  await session.run(`
    ${quota('period, unpriced_policy', `'day', 'refuse_hold'`).replace(`'llm', 10`, `'all', 10`)}
    alter table copilot_internal.model_pricing disable trigger user;
    alter table copilot_internal.e2b_pricing disable trigger user;
    insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('acme', 'new', 1, 1, now() + ${LATER}), ('acme', 'old', 1, 1, now());
    insert into copilot_internal.e2b_pricing
      (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io, effective_date)
    values ('new', 'us-east-1', 1, 1, 1, 1, now() + ${LATER}), ('old', 'us-east-1', 1, 1, 1, 1, now());
    select pg_sleep(0.001)`)
  for (const [name, granted] of [
    ['new', false],
    ['old', true],
  ] as const) {
    const reserve = (given: string) => `select granted from copilot_internal.reserve_quota('${A}', ${given})`
    await as(service)(reserve(`'llm', 1, provider => 'acme', model => '${name}'`)).resultsEq([{ granted }])
    await as(service)(reserve(`'e2b', 1, tier => '${name}'`)).resultsEq([{ granted }])
  }
  await as(owner)`select count(*) as holds from copilot_internal.quota_reservations`.resultsEq([{ holds: 2 }])
})

test('my_quota_status: the month that has begun is that of quota_status', async ({ as, session }) => {
  for (const days of [1, 6, 11, 16, 21, 26, 30]) {
    await session.query('savepoint one')

    await session.run(quota('period, period_start', `'month', now() - interval '${100 + days} days'`))
    const shown = 'select period_start, period_end from copilot_internal.'
    const wanted = await session.query(`${shown}quota_status('tenant', '${A}')`)
    await as(acme)(`${shown}my_quota_status()`).resultsEq(wanted as Record<string, string>[])

    await session.query('rollback to savepoint one')
  }
})
