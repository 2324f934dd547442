/**
 * What a quota is charged and credited after it was edited to count other usage: what it counted all the time, and nothing else.
 *
 * Method: usage of one call, which is recorded before or after the edit and then taken back. The quota's spend says what it was given back.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, kinds } from '../usage/rows.ts'

/** Of nobody who has used anything. */
const OTHER = '00000000-0000-4000-8000-000000000001'

describe.each(kinds)('%s usage that was charged', (kind) => {
  const usage =
    kind === 'llm'
      ? `copilot_internal.record_llm_usage('${A}', 'openai', 'gpt-4', 100000, 0, 'r')`
      : `copilot_internal.record_e2b_usage('${A}', 'gpu', 'us-east-1', 2500, request_id => 'r')`
  const other = kind === 'llm' ? 'e2b' : 'llm'
  const voided = `select copilot_internal.void_usage('${A}', '${kind}', 'r') as voided`
  const made = (scope: string, id: string | null, of: string) => `
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
    values ('${scope}', ${id ? `'${id}'` : 'null'}, '${of}', 100, 'day')`

  test('to nobody is credited to no quota that is edited to count it', async ({ as, session }) => {
    for (const [before, edit, spent] of [
      [made('tenant', A, other), `resource_type = 'all'`, 0],
      [made('tenant', A, other), `resource_type = '${kind}'`, 0],
      [made('tenant', OTHER, 'all'), `scope_id = '${A}'`, 0],
      [made('tenant', OTHER, 'all'), `scope = 'platform', scope_id = null`, 0],
      [made('user', A, 'all'), `scope = 'tenant'`, 0],
      // These were charged, and still count it.
      [made('tenant', A, 'all'), `resource_type = '${kind}'`, 0],
      [made('platform', null, 'all'), `scope = 'tenant', scope_id = '${A}'`, 0],
      [made('tenant', A, kind), 'limit_usd = 50', 0],
      [made('tenant', A, kind), `resource_type = 'all'`, 0],
      [made('tenant', A, kind), `scope = 'platform', scope_id = null, resource_type = 'all'`, 0],
    ] as const) {
      await session.query('savepoint one')
      await session.query(before)
      await session.query(`select ${usage}`)
      await session.query(`update copilot_internal.cost_quotas set ${edit}`)
      await as(service)(voided).resultsEq([{ voided: true }])
      await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
        { spent },
      ])
      await session.query('rollback to savepoint one')
    }
  })

  const edit = (to: string) => `update copilot_internal.cost_quotas set ${to}`
  const spent = 'select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas'

  test('is credited after a quota was widened, narrowed and widened again', async ({ as, session }) => {
    await session.run(`${made('tenant', A, 'all')}; select ${usage};`)
    for (const to of [
      `scope = 'platform', scope_id = null`,
      `scope = 'tenant', scope_id = '${A}'`,
      `resource_type = '${kind}'`,
      `scope = 'platform', scope_id = null, resource_type = 'all'`,
    ])
      await session.query(edit(to))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('of a user is credited after the quota of the user was widened twice', async ({ as, session }) => {
    await session.run(made('user', A, kind))
    await session.query(`select ${usage.replace(/\)$/, `, user_id => '${A}')`)}`)
    for (const to of [`resource_type = 'all'`, `scope = 'platform', scope_id = null`])
      await session.query(edit(to))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('while a quota did not count it is not credited by a later edit', async ({ as, session }) => {
    await session.run(`${made('tenant', A, 'all')}; ${edit(`resource_type = '${other}'`)}; select ${usage}`)
    await session.query(edit(`resource_type = 'all'`))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('by its hold is given back to no quota that no longer counts it', async ({ as, session }) => {
    await session.run(`${made('tenant', A, kind)}; ${edit(`unpriced_policy = 'charge_hold'`)}`)
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 5)`,
    )
    const report =
      kind === 'llm'
        ? `copilot_internal.record_llm_usage('${A}', 'openai', 'none', 1, 0, 'r', reservation_id => '${held?.['id']}')`
        : `copilot_internal.record_e2b_usage('${A}', 'none', 'us-east-1', 1, request_id => 'r', reservation_id => '${held?.['id']}')`
    await session.query(`select ${report}`)
    await as(owner)(spent).resultsEq([{ spent: 5 }])
    await session.query(edit(`scope_id = '${OTHER}', spent_usd = 0`))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('by a settlement is taken off, be its quota newer', async ({ as, session }) => {
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 3)`,
    )
    // As another client would have made it meanwhile.
    await session.run(`${made('tenant', A, kind)}; ${edit('created_at = clock_timestamp()')}`)
    await session.query(`select copilot_internal.settle_reservation('${A}', '${held?.['id']}', 3)`)
    await session.query(`select ${usage.replace(/\)$/, `, reservation_id => '${held?.['id']}')`)}`)
    await as(owner)(spent).resultsEq([{ spent: 3 }])
  })

  test('by a settlement is taken off after its quota was widened', async ({ as, session }) => {
    await session.run(made('tenant', A, kind))
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 3)`,
    )
    await session.query(`select copilot_internal.settle_reservation('${A}', '${held?.['id']}', 3)`)
    await session.query(edit(`resource_type = 'all'`))
    await session.query(`select ${usage.replace(/\)$/, `, reservation_id => '${held?.['id']}')`)}`)
    await as(owner)(spent).resultsEq([{ spent: 3 }])
  })
})
