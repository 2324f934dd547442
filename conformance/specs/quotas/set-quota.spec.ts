/**
 * copilot_internal.set_quota — what it makes, what it leaves as it is, and what it refuses.
 *
 * Method: Acme has no quota, or those that the claim names. Within a test now() stands still, so that a period can end at this
 * very moment.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const id = acme.tenantId
const set = (given: string, whose = `'tenant', '${id}'`) =>
  `select copilot_internal.set_quota(${whose}, ${given}) is not null as made`
const MADE = [{ made: true }]
const quotas = `
  select period, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent, trim_scale(warning_threshold) as warned,
         unpriced_policy as policy, period_anchor - now() as anchored
  from copilot_internal.cost_quotas order by period`
const plain = { limit: 10, spent: 0, warned: '0.8', policy: 'allow', anchored: '00:00:00' }
const given = (...periods: readonly string[]) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select 'tenant', '${id}', 'llm', 10, p from unnest('{${periods.join(',')}}'::text[]) as p`

describe('a new quota', () => {
  test('has what it is given, to the last digit that is kept', async ({ as }) => {
    await as(service)(
      set(
        `'llm', 1.0000000000000000005, 'month', now() - interval '3 days', 0.50004, unpriced_policy => 'charge_hold'`,
      ),
    ).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([
      {
        period: 'month',
        ...plain,
        limit: '1.000000000000000001',
        warned: '0.5',
        policy: 'charge_hold',
        anchored: '-3 days',
      },
    ])
  })

  test('has the defaults of the table for what is left out', async ({ as }) => {
    await as(service)(set(`'llm', 10, 'day'`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([{ period: 'day', ...plain }])
  })

  test('counts each kind, and both together', async ({ as, session }) => {
    for (const kind of ['llm', 'e2b', 'all']) {
      await session.query('savepoint one')

      await as(service)(set(`'${kind}', 10, 'day'`)).resultsEq(MADE)
      await as(owner)`select resource_type from copilot_internal.cost_quotas`.resultsEq([
        { resource_type: kind },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('is counted by hour, day, week or month', async ({ as, session }) => {
    for (const period of ['hour', 'day', 'week', 'month']) {
      await session.query('savepoint one')

      await as(service)(set(`'llm', 10, '${period}'`)).resultsEq(MADE)
      await as(owner)`select period from copilot_internal.cost_quotas`.resultsEq([{ period }])

      await session.query('rollback to savepoint one')
    }
  })

  test('warns at the least share of the limit, or at all of it', async ({ as, session }) => {
    for (const share of ['0.00005', '1']) {
      await session.query('savepoint one')

      await as(service)(set(`'llm', 10, 'day', warning_threshold => ${share}`)).resultsEq(MADE)

      await session.query('rollback to savepoint one')
    }
  })

  test('may belong to the platform, and may allow nothing', async ({ as }) => {
    await as(service)(set(`'llm', 0, 'day'`, `'platform', null`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([{ period: 'day', ...plain, limit: 0 }])
  })
})

describe('a quota that there is', () => {
  test('gets another limit, share, policy or anchor, and keeps the rest', async ({ as, session }) => {
    for (const [change, changed] of [
      [`limit_usd => 20`, { limit: 20 }],
      [`warning_threshold => 0.5`, { warned: '0.5' }],
      [`unpriced_policy => 'refuse_hold'`, { policy: 'refuse_hold' }],
      [`period_anchor => now() - interval '1 hour'`, { anchored: '-01:00:00' }],
    ] as const) {
      await session.query('savepoint one')

      await session.run(given('day'))
      await as(service)(set(`'llm', ${change}`)).resultsEq(MADE)
      await as(owner)(quotas).resultsEq([{ period: 'day', ...plain, ...changed }])

      await session.query('rollback to savepoint one')
    }
  })

  test('keeps all where nothing is given', async ({ as, session }) => {
    await session.run(given('day'))
    await session.run(`update copilot_internal.cost_quotas
      set warning_threshold = 0.7, unpriced_policy = 'charge_hold', spent_usd = 3`)
    await as(service)(set(`'llm'`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([
      { period: 'day', ...plain, spent: 3, warned: '0.7', policy: 'charge_hold' },
    ])
  })

  test('is not written where nothing changes', async ({ as, session }) => {
    await session.run(given('day'))
    const place = async () => session.query('select ctid from copilot_internal.cost_quotas')
    const before = await place()
    await as(service)(
      set(
        `'llm', 10.0000000000000000004, 'day', now(), 0.80004, from_period => 'day', unpriced_policy => 'allow'`,
      ),
    ).resultsEq(MADE)
    expect(await place()).toEqual(before)
  })

  test('is not written where its period ends only as this goes on', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, updated_at)
      values ('tenant', '${id}', 'llm', 10, 'hour', now() - interval '1 hour' + interval '1 microsecond', '2026-01-04')`)
    await as(service)(set(`'llm', 10, 'hour'`)).resultsEq(MADE)
    await as(
      owner,
    )`select updated_at = '2026-01-04' as untouched from copilot_internal.cost_quotas`.resultsEq([
      { untouched: true },
    ])
  })

  test('says when it was changed', async ({ as, session }) => {
    await session.run(given('day'))
    await session.run(`update copilot_internal.cost_quotas set updated_at = '2026-01-04'`)
    await as(service)(set(`'llm', 20`)).resultsEq(MADE)
    await as(owner)`select updated_at = now() as now from copilot_internal.cost_quotas`.resultsEq([
      { now: true },
    ])
  })

  test('is changed alone: others keep their limits', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('tenant', '${id}', 'llm', 10, 'day'), ('tenant', '${id}', 'llm', 11, 'month'), ('tenant', '${id}', 'e2b', 12, 'day'),
             ('user', '${id}', 'llm', 13, 'day'), ('tenant', '${birch.tenantId}', 'llm', 14, 'day'), ('platform', null, 'llm', 15, 'day')`)
    await as(service)(set(`'llm', 20, 'day'`)).resultsEq(MADE)
    await as(
      owner,
    )`select trim_scale(limit_usd) as limit from copilot_internal.cost_quotas order by 1`.resultsEq(
      [11, 12, 13, 14, 15, 20].map((limit) => ({ limit })),
    )
  })

  test('is the only one of its kind, whatever others there are', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('tenant', '${id}', 'llm', 10, 'day'), ('tenant', '${id}', 'e2b', 12, 'hour'), ('user', '${id}', 'llm', 13, 'hour'),
             ('tenant', '${birch.tenantId}', 'llm', 14, 'hour')`)
    await as(service)(set(`'llm', 20`)).resultsEq(MADE)
    await as(owner)`select period from copilot_internal.cost_quotas where limit_usd = 20`.resultsEq([
      { period: 'day' },
    ])
  })

  test('a period that is over is closed under the limit it had', async ({ as, session }) => {
    // The last hour ended at this very moment, the day five minutes ago; the month goes on.
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
      values ('tenant', '${id}', 'llm', 10, 3, 'hour', now() - interval '1 hour'),
             ('tenant', '${id}', 'llm', 10, 4, 'day', now() - interval '24 hours 5 minutes'),
             ('tenant', '${id}', 'llm', 10, 5, 'month', now() - interval '1 hour'),
             ('tenant', '${id}', 'e2b', 10, 6, 'hour', now() - interval '2 hours'),
             ('user', '${id}', 'llm', 10, 7, 'hour', now() - interval '2 hours'),
             ('tenant', '${birch.tenantId}', 'llm', 10, 8, 'hour', now() - interval '2 hours')`)
    await as(service)(set(`'llm', 20, 'hour'`)).resultsEq(MADE)
    await as(owner)`
      select period, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods order by 1`.resultsEq(
      [
        { period: 'day', limit: 10, spent: 4 },
        { period: 'hour', limit: 10, spent: 3 },
      ],
    )
    await as(owner)`
      select trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas
      where resource_type = 'llm' and scope_id = ${id} and scope = 'tenant' order by period_end - period_start`.resultsEq(
      [
        { limit: 20, spent: 0 },
        { limit: 10, spent: 0 },
        { limit: 10, spent: 5 },
      ],
    )
  })
})

describe('from_period', () => {
  test('counts a quota otherwise, beside another', async ({ as, session }) => {
    await session.run(given('hour', 'week'))
    await as(service)(set(`'llm', 20, 'month', from_period => 'hour'`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([
      { period: 'month', ...plain, limit: 20 },
      { period: 'week', ...plain },
    ])
  })

  test('may be any period', async ({ as, session }) => {
    for (const [from, to] of [
      ['hour', 'day'],
      ['day', 'week'],
      ['week', 'month'],
      ['month', 'hour'],
    ] as const) {
      await session.query('savepoint one')

      await session.run(given(from))
      await as(service)(set(`'llm', period => '${to}', from_period => '${from}'`)).resultsEq(MADE)
      await as(owner)(quotas).resultsEq([{ period: to, ...plain }])

      await session.query('rollback to savepoint one')
    }
  })

  test('said again, changes the one that is counted otherwise already', async ({ as, session }) => {
    await session.run(given('hour'))
    for (const limit of [20, 30])
      await as(service)(set(`'llm', ${limit}, 'month', from_period => 'hour'`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([{ period: 'month', ...plain, limit: 30 }])
  })

  test('of another tenant’s, or another kind, is none', async ({ as, session }) => {
    await session.run(given('hour'))
    for (const [kind, whose] of [
      ['e2b', `'tenant', '${id}'`],
      ['llm', `'tenant', '${birch.tenantId}'`],
      ['llm', `'user', '${id}'`],
    ] as const)
      await as(service)(set(`'${kind}', 20, 'month', from_period => 'hour'`, whose)).throwsOk('22023', {
        message: `There is no quota per hour.`,
      })
  })
})

describe('what is refused', () => {
  test('each thing that no quota can have, and nothing is made', async ({ as }) => {
    for (const [list, code, message] of [
      ['null, 10', '22004', 'resource_type must not be NULL.'],
      [`'gpu', 10, 'day'`, '22023', `Unknown resource type 'gpu'.`],
      [`'llm', 10, 'year'`, '22023', `Unknown period in 'year'.`],
      [`'llm', 10, 'day', from_period => 'year'`, '22023', `Unknown period in 'year', 'day'.`],
      [`'llm', 10, from_period => 'day'`, '22004', 'period must not be NULL where from_period is given.'],
      [`'llm', 10, 'day', 'infinity'`, '22023', 'period_anchor must be finite.'],
      [`'llm', 10, 'day', '-infinity'`, '22023', 'period_anchor must be finite.'],
      ...['0', '0.00004', '1.00001', '-0.5', `'NaN'`].map(
        (share) =>
          [
            `'llm', 10, 'day', warning_threshold => ${share}`,
            '22023',
            'warning_threshold must be more than 0, and 1 at most.',
          ] as const,
      ),
      [`'llm', 10, 'day', unpriced_policy => 'deny'`, '22023', `Unknown unpriced_policy 'deny'.`],
      [`'llm', 10`, '22004', 'period must not be NULL for a new quota.'],
      [`'llm', null, 'day'`, '22004', 'limit_usd must not be NULL for a new quota.'],
      [`'llm', -1, 'day'`, '22023', 'limit_usd must be a finite number, 0 or more.'],
      [`'llm', 'Infinity', 'day'`, '22023', 'limit_usd must be a finite number, 0 or more.'],
      [`'llm', 10, 'day', from_period => 'hour'`, '22023', 'There is no quota per hour.'],
    ] as const) {
      await as(service)(set(list)).throwsOk(code, { message })
      await as(owner)(quotas).isEmpty()
    }
  })

  test('beside several quotas, what is ambiguous or there already', async ({ as, session }) => {
    for (const [list, code, message] of [
      [`'llm', 20`, '22004', 'period must not be NULL where there are several quotas.'],
      [`'llm', 20, 'hour', from_period => 'day'`, '23505', 'There is a quota per hour already.'],
      [`'llm', 20, 'month', from_period => 'week'`, '22023', 'There is no quota per week.'],
      [`'llm', null, 'month'`, '22004', 'limit_usd must not be NULL for a new quota.'],
    ] as const) {
      await session.query('savepoint one')

      await session.run(given('day', 'hour'))
      await as(service)(set(list)).throwsOk(code, { message })
      await as(owner)(quotas).resultsEq([
        { period: 'day', ...plain },
        { period: 'hour', ...plain },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('names the periods that there are, the shortest first', async ({ as, session }) => {
    await session.run(given('month', 'day', 'hour', 'week'))
    await as(service)(set(`'llm', 20`)).throwsOk('22004', {
      detail: `The tenant ${id} has quotas for llm per hour and per day and per week and per month.`,
    })
  })
})
