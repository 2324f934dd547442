/**
 * What a quota was charged for usage that has changed: since when it counts, and what of that usage’s costs fell into it.
 *
 * Method: changes are inserted as they are to be, each with all but one thing in common with others.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, B, kinds, R1, R2, report } from './rows.ts'

describe.each(kinds)('%s: usage that is revised', (kind) => {
  const revise = (whose: string) => `copilot_internal.revise_${kind}_usage('${A}', ${whose})`
  const size = kind === 'llm' ? 2000 : 600

  test('a second revision is charged its difference, whoever revised the like', async ({ as, session }) => {
    // A quota that is newer than the usage and older than its first revision.
    await session.query(`select ${report(kind, 'r')}`)
    await session.run(
      `insert into copilot_internal.cost_quotas (scope, limit_usd, period, resource_type) values ('platform', 10, 'day', 'all')`,
    )
    const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`
    const reported = (at: string) => `
      alter table copilot_internal.${kind}_cost_records disable trigger user;
      update copilot_internal.${kind}_cost_records set charged_at = ${at};
      alter table copilot_internal.${kind}_cost_records enable trigger user`
    await session.run(reported(`now() - interval '1 hour'`))
    await session.query(`select from ${revise(`'r', ${size}`)}`)
    await as(owner)(spent).resultsEq([{ spent: '0.03' }])
    // The same record of another tenant, which was charged to a quota that counts already; it changed last.
    await session.run(`
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former, changed_at)
      select '${B}', resource_type, record_id, change, former || '{"charged_at": "infinity", "total_cost_usd": 5}', changed_at + interval '1 minute'
      from copilot_internal.usage_changes;
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former, changed_at)
      select tenant_id, resource_type, '${R1}', change, former || '{"charged_at": "infinity", "total_cost_usd": 5}', changed_at + interval '1 minute'
      from copilot_internal.usage_changes where tenant_id = '${A}'`)
    await session.query(`select from ${revise(`'r', 0`)}`)
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })
})

describe.each(kinds)('%s: an estimate', (kind) => {
  test('of the caller stays one, though other usage was charged by its hold', async ({ as, session }) => {
    const more = kind === 'llm' ? ', is_estimated => true' : ''
    await session.query(`select ${report(kind, 'r', more)}`)
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 10, 'day');
      insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
      select t.tenant_id, t.record_id, q.id, 1 from copilot_internal.cost_quotas as q, (
        select '${A}'::uuid as tenant_id, '${R2}'::uuid as record_id
        union all select '${B}', record_id from copilot_internal.usage_requests
      ) as t`)
    await as(service)(
      `select is_estimated as estimated from copilot_internal.revise_${kind}_usage('${A}', 'r', ${kind === 'llm' ? 2000 : 600})`,
    ).resultsEq([{ estimated: kind === 'llm' }])
    await as(owner)`select count(*) as estimates from copilot_internal.quota_charge_estimates`.resultsEq([
      { estimates: 2 },
    ])
  })
})

describe('what a quota was charged for usage that has changed', () => {
  // Reported at 10:00 for 1 USD; it became 4 at 11:00, 3 at 12:00 and is changed once more at 13:00.
  const at = (hour: number, minute = 0) => `2026-02-01 ${hour}:${String(minute).padStart(2, '0')}+00`
  const changes = (tenant: string, id: string, costs: readonly number[], from = 11) =>
    costs
      .map(
        (cost, i) => `
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, changed_at, former)
      values ('${tenant}', 'llm', '${id}', 'revised', '${at(from + i)}', '{"total_cost_usd": ${cost}, "charged_at": "${at(10)}"}');`,
      )
      // The last first: nobody need have written them in their order.
      .reverse()
      .join('')

  test('since its report, or a change', async ({ as, session }) => {
    for (const [, since, charged] of [
      ['the report', at(10), 3],
      ['a moment after it', at(10, 1), 2],
      ['the first change', at(11), 2],
      ['a moment after that', at(11, 1), 0],
      ['the last change but one', at(12), 0],
      ['the last', at(13), 0],
    ] as const) {
      await session.query('savepoint one')

      // Later and dearer: the same id at another tenant, and another one.
      await session.run(changes(A, R1, [1, 4, 3]) + changes(B, R1, [7, 90], 14) + changes(A, R2, [8, 80], 14))
      await as(service)(`
      select trim_scale(copilot_internal.usage_charged_usd(jsonb_populate_record(null::copilot_internal.cost_quotas,
        '{"created_at": "${since}", "period_start": "2026-01-01"}'), '${A}', '${R1}')) as charged`).resultsEq(
        [{ charged }],
      )

      await session.query('rollback to savepoint one')
    }
  })

  test('since when it counts: it was made, and its first period had begun', async ({ as, session }) => {
    const [Q1, Q2] = [R1, R2]
    await session.run(`
      insert into copilot_internal.cost_quotas (id, scope, resource_type, limit_usd, period)
      values ('${Q1}', 'platform', 'llm', 1, 'day'), ('${Q2}', 'platform', 'e2b', 1, 'day');
      insert into copilot_internal.cost_quota_periods (quota_id, scope, resource_type, period, period_start, period_end, limit_usd, spent_usd)
      values ('${Q1}', 'platform', 'llm', 'day', '2026-01-05', '2026-01-06', 1, 1), ('${Q1}', 'platform', 'llm', 'day', '2026-01-07', '2026-01-08', 1, 1),
             ('${Q2}', 'platform', 'llm', 'day', '2026-01-01', '2026-01-02', 1, 1)`)
    const since = async (id: string, created: string, started: string) => {
      const [row] = await session.query(`
        select to_char(copilot_internal.quota_counts_since(jsonb_populate_record(null::copilot_internal.cost_quotas,
          '{"id": "${id}", "created_at": "${created}", "period_start": "${started}"}')), 'MM-DD') as day`)
      return row?.['day']
    }
    const NONE = '00000000-0000-4000-8000-00000000ffff'
    expect(await since(Q1, '2026-01-03', '2026-01-09')).toBe('01-05')
    expect(await since(Q1, '2026-01-06', '2026-01-09')).toBe('01-06')
    expect(await since(Q1, '2026-01-03', '2026-01-04')).toBe('01-04')
    expect(await since(NONE, '2026-01-03', '2026-01-09')).toBe('01-09')
    expect(await since(NONE, '2026-01-10', '2026-01-09')).toBe('01-10')
    await as(
      owner,
    )`select 1 as one from copilot_internal.cost_quota_periods where quota_id = ${Q2}`.resultsEq([{ one: 1 }])
  })
})
