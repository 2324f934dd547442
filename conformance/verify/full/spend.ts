/** What quotas have spent, against the usage that was charged to them. */
import type { Row, Session } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'
import { QUOTA_NAME, TOLD } from './quotas.ts'

/**
 * No quota has spent less than was charged to it. What `record_llm_usage` and `record_e2b_usage` wrote is known: they note the
 * request in the same transaction. Other charges leave no record, so spend may be more.
 */
export const spend: Check = {
  id: 'full/quotas/spend',
  title: 'No quota has spent less than the usage that was charged to it',
  group: 'quotas',
  since: versionNamed('usage_recording'),
  reads: ['cost_quotas', 'usage_requests', 'llm_cost_records', 'e2b_cost_records'],
  async ask(session) {
    const rows = await chargedMore(session)
    return {
      broken: rows.map(({ name, have, want }) => ({
        objects: [name ?? ''],
        have: `${have} USD spent since its period began`,
        want: `${want} USD at least: so much usage was recorded and charged since`,
        hint: 'Somebody took spend back past the product; add the difference with increment_llm_quota_spend or increment_e2b_quota_spend.',
      })),
    }
  },
}

/** A client's clock may be ahead: what it reports just after a period began may have been charged to the one before. */
const AHEAD = `interval '5 minutes'`

async function chargedMore(session: Session): Promise<Row[]> {
  const charged = (table: string, kind: string) => `
    select r.tenant_id, r.user_id, '${kind}' as kind, r.recorded_at, r.total_cost_usd
    from copilot_internal.${table} as r
    join copilot_internal.usage_requests as u
      on u.tenant_id = r.tenant_id and u.resource_type = '${kind}' and u.request_id = r.request_id
      and u.record_id = r.id and u.recorded_at = r.recorded_at and u.xmin = r.xmin
    where r.recorded_at >= (select min(period_start) from copilot_internal.cost_quotas) and r.recorded_at <= now()`
  const counting = (scope: string, whose: string) => `
    select q.id, c.total_cost_usd
    from copilot_internal.cost_quotas as q
    join charged as c
      on ${whose} and q.resource_type in (c.kind, 'all') and c.recorded_at < q.period_end
      and c.recorded_at >= greatest(q.period_start, q.created_at) + ${AHEAD}
    where q.scope = '${scope}'`
  return session.query(
    `with charged as materialized (${charged('llm_cost_records', 'llm')} union all ${charged('e2b_cost_records', 'e2b')}),
     sums as (
       select id, sum(total_cost_usd) as charged
       from (
         ${counting('platform', 'true')} union all
         ${counting('tenant', 'q.scope_id = c.tenant_id')} union all
         ${counting('user', 'q.scope_id = c.user_id')}
       ) as each group by id
     )
     select ${QUOTA_NAME} as name, trim_scale(q.spent_usd) as have, trim_scale(s.charged) as want
     from copilot_internal.cost_quotas as q join sums as s using (id)
     where q.spent_usd < s.charged order by 1 limit ${TOLD}`,
  )
}
