/**
 * copilot_internal.set_quota — what it refuses, and in which words.
 *
 * Method: Acme has no quota, or those that the claim names; afterwards it has the same.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { given, id, plain, quotas, set } from './set-quota.ts'

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
