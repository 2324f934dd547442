/**
 * Quotas that begin while a transaction goes on, and quotas that are counted otherwise before they begin.
 *
 * Method: within a test now() stands still, while the clock goes on.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, quota } from './holds.ts'

describe('a quota that begins', () => {
  const soon = `${quota('period, period_start', `'day', now() + interval '1 microsecond'`)} select pg_sleep(0.001);`

  test('meanwhile leaves its books when it is deleted', async ({ as, session }) => {
    await session.run(soon)
    await as(service)`select copilot_internal.increment_llm_quota_spend('tenant', ${A}, 2)`.livesOk()
    await session.run('delete from copilot_internal.cost_quotas')
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods`.resultsEq(
      [{ spent: 2 }],
    )
  })

  test('meanwhile limits what is held', async ({ as, session }) => {
    await session.run(soon)
    await as(service)`select granted from copilot_internal.reserve_quota(${A}, 'llm', 11)`.resultsEq([
      { granted: false },
    ])
    await as(service)`select copilot_internal.check_llm_quota('tenant', ${A}, 11) as fits`.resultsEq([
      { fits: false },
    ])
  })

  test('meanwhile, and is counted otherwise, starts anew', async ({ as, session }) => {
    await session.run(`${soon} update copilot_internal.cost_quotas set spent_usd = 2`)
    await session.run(`update copilot_internal.cost_quotas set period = 'week'`)
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: 0 },
    ])
  })

  test('before, and is counted otherwise, begins anew where nobody says when', async ({ as, session }) => {
    await session.run(quota('period, period_start, spent_usd', `'day', now() - interval '1 hour', 3`))
    await session.run(`update copilot_internal.cost_quotas set period = 'week', period_start = null`)
    await as(owner)`
      select period_start = now() as now, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq(
      [{ now: true, spent: 0 }],
    )
  })

  test('later, and is counted otherwise, begins when it was to', async ({ as, session }) => {
    await session.run(quota('period, period_start, spent_usd', `'day', now() + interval '1 hour', 3`))
    await session.run(`update copilot_internal.cost_quotas set period = 'week'`)
    await as(owner)`
      select period_start - now() as starts, period_end - period_start as lasts, trim_scale(spent_usd) as spent
      from copilot_internal.cost_quotas`.resultsEq([{ starts: '01:00:00', lasts: '7 days', spent: 3 }])
    await as(owner)`select id from copilot_internal.cost_quota_periods`.isEmpty()
  })
})
