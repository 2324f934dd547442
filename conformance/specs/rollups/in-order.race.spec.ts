/**
 * A table of records that is emptied while somebody adds its days up: it waits, and leaves nothing of them behind.
 *
 * Method: who folds leaves its transaction open; whoever has to wait is seen waiting before it goes on.
 */
import { acme } from '../../../fixtures/people.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { two, waiting } from '../races/two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')

describe('forget_rollups', () => {
  concurrent('waits for a fold, though that reads nothing of its table', async ({ ownDatabase }) => {
    const [first, second] = await two(
      ownDatabase,
      `insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted)
       values ('${acme.tenantId}', '2026-02-01 10:00+00', 'p', 'm', true);
       select from copilot_internal.fold_usage(100000)`,
    )
    await first.query('begin')
    // Nothing is left to do.
    await first.query('select from copilot_internal.fold_usage()')
    const [answer] = await waiting(first, second, 'truncate copilot_internal.llm_cost_records')
    await first.query('commit')
    await answer
    expect(await first.query('select from copilot_internal.usage_rollup_state')).toEqual([])
    expect(await first.query('select from copilot_internal.llm_usage_rollups')).toEqual([])
    await Promise.all([first.close(), second.close()])
  })
})
