/**
 * copilot_internal.set_quota — a quota that it makes, and one that it counts otherwise.
 *
 * Method: Acme has no quota, or those that the claim names.
 */
import { birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { given, id, MADE, plain, quotas, set } from './set-quota.ts'

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
