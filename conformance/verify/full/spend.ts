/** What quotas have spent, against the usage that was charged to them. */
import type { Row, Session } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'
import { QUOTA_NAME, TOLD } from './quotas.ts'

/**
 * No quota has spent less than was charged to it. Records say when they were charged (`charged_at`), also after a dump and a
 * restore. Settlements, and what corrections gave back, are noted, too. Other charges leave no record, so spend may be more;
 * and after credits for usage of earlier periods, less than nothing. Usage that was adopted was charged elsewhere.
 */
export const spend: Check = {
  id: 'full/quotas/spend',
  title: 'No quota has spent less than the usage that was charged to it',
  group: 'quotas',
  since: versionNamed('usage_recording'),
  reads: ['cost_quotas', 'usage_changes', 'quota_reservations', 'llm_cost_records', 'e2b_cost_records'],
  async ask(session) {
    const rows = await chargedMore(session)
    return {
      broken: rows.map(({ name, have, want }) => ({
        objects: [name ?? ''],
        have: `${have} USD spent since its period began`,
        want: `${want} USD at least: so much was recorded, settled and charged since, less what was given back`,
        hint: 'Somebody took spend back past the product; add the difference with increment_llm_quota_spend or increment_e2b_quota_spend.',
      })),
    }
  },
}

/** Whoever charged while a quota was being made did not see it yet. */
const BEING_MADE = `interval '5 minutes'`

/** From when on a charge counts in the current period of quota `q`. */
const SINCE = `greatest(q.period_start, q.created_at + ${BEING_MADE})`

async function chargedMore(session: Session): Promise<Row[]> {
  const recorded = (table: string, kind: string) => `
    select r.tenant_id, r.user_id, '${kind}' as kind, r.charged_at as moment, r.total_cost_usd as amount
    from copilot_internal.${table} as r
    where r.charged_at >= (select min(period_start) from copilot_internal.cost_quotas) and not r.is_adopted
      and not exists (
        select from copilot_internal.usage_changes as c where c.tenant_id = r.tenant_id and c.record_id = r.id)`
  const counting = (of: string, which: string) => `
    select q.id, c.amount
    from copilot_internal.cost_quotas as q
    join ${of} as c
      on q.resource_type in (c.kind, 'all')
      and case q.scope when 'platform' then true when 'tenant' then q.scope_id = c.tenant_id else q.scope_id = c.user_id end
      and ${which}`
  return session.query(
    `with charged as materialized (
       ${recorded('llm_cost_records', 'llm')} union all ${recorded('e2b_cost_records', 'e2b')}
       union all
       select tenant_id, user_id, resource_type, closed_at, settled_usd
       from copilot_internal.quota_reservations where settled_usd is not null
     ),
     -- A correction charges or gives back the difference to the state that came after it. What it gave back of a hold in place
     -- of a price, and when a settlement that was recorded later was taken off, is not noted: at most so much.
     corrected as materialized (
       select c.tenant_id, (c.former ->> 'user_id')::uuid as user_id, c.resource_type as kind, c.changed_at as moment,
              coalesce(lead((c.former ->> 'total_cost_usd')::numeric) over record, l.total_cost_usd, e.total_cost_usd, 0)
                - (c.former ->> 'total_cost_usd')::numeric
              - case when c.former ->> 'is_unpriced' = 'true' then coalesce(h.amount_usd, 0) else 0 end as amount
       from copilot_internal.usage_changes as c
       left join copilot_internal.llm_cost_records as l
         on c.resource_type = 'llm' and l.tenant_id = c.tenant_id and l.id = c.record_id
       left join copilot_internal.e2b_cost_records as e
         on c.resource_type = 'e2b' and e.tenant_id = c.tenant_id and e.id = c.record_id
       left join copilot_internal.quota_reservations as h
         on h.tenant_id = c.tenant_id and h.id = (c.former ->> 'reservation_id')::uuid
       window record as (partition by c.tenant_id, c.record_id order by c.changed_at, c.ctid)
       union all
       select tenant_id, user_id, resource_type, null, -settled_usd
       from copilot_internal.quota_reservations where settled_usd is not null and record_id is not null
     ),
     sums as (
       select id, sum(amount) as charged
       from (
         ${counting('charged', `c.moment < q.period_end and c.moment >= ${SINCE}`)}
         union all
         ${counting('corrected', `(c.moment is null or c.moment >= case when c.amount < 0 then q.period_start else ${SINCE} end)`)}
       ) as each group by id
     )
     select ${QUOTA_NAME} as name, trim_scale(q.spent_usd) as have, trim_scale(s.charged) as want
     from copilot_internal.cost_quotas as q join sums as s using (id)
     where q.spent_usd < s.charged order by 1 limit ${TOLD}`,
  )
}
