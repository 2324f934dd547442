/** Each request once: what is noted of requests, against the records. */
import type { Row } from '../../engines/index.ts'
import type { Check, Trouble } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

/** Requests that were recorded and are not noted, and requests that were recorded more than once. */
export const requests: Check = {
  id: 'full/usage/requests',
  title: 'Every request that was recorded is noted, and recorded once',
  group: 'usage',
  since: versionNamed('usage_recording'),
  reads: ['usage_requests', 'llm_cost_records', 'e2b_cost_records'],
  async ask(session) {
    const rows = await session.query(
      `select r.tenant_id, r.resource_type, r.request_id, r.count, r.record_id
       from (
         select r.tenant_id, r.resource_type, r.request_id, count(*) as count, min(u.record_id::text) as record_id
         from (
           select tenant_id, 'llm' as resource_type, request_id from copilot_internal.llm_cost_records where request_id is not null
           union all
           select tenant_id, 'e2b', request_id from copilot_internal.e2b_cost_records where request_id is not null
         ) as r
         left join copilot_internal.usage_requests as u using (tenant_id, resource_type, request_id)
         group by r.tenant_id, r.resource_type, r.request_id
       ) as r
       where r.count > 1 or r.record_id is null
       order by r.count desc, r.tenant_id, r.request_id limit ${TOLD}`,
    )
    const gone = await session.query(
      `select u.tenant_id, u.resource_type, u.request_id, u.record_id, count(*) over () as count
       from copilot_internal.usage_requests as u
       where not exists (select from copilot_internal.llm_cost_records as r where r.tenant_id = u.tenant_id and r.id = u.record_id)
         and not exists (select from copilot_internal.e2b_cost_records as r where r.tenant_id = u.tenant_id and r.id = u.record_id)
         and not exists (
           select from copilot_internal.usage_changes as c
           where c.tenant_id = u.tenant_id and c.record_id = u.record_id and c.change = 'voided')
       order by u.tenant_id, u.request_id limit ${TOLD}`,
    )
    return {
      warnings: [
        ...gone.map(recordGone),
        ...rows.map(({ tenant_id, resource_type, request_id, count, record_id }) => {
          const objects = [`request ${request_id} of tenant ${tenant_id}, ${resource_type}`]
          return Number(count) > 1
            ? {
                objects,
                have: `recorded ${count} times`,
                want: 'once',
                hint: `If they are the same usage, take back all but one by their record ids: copilot_internal.void_usage.${record_id ? ` ${record_id} is the one that is noted.` : ''}`,
              }
            : {
                objects,
                have: 'recorded, and not noted: reported again, it would be recorded and charged again',
                want: 'a row of usage_requests',
                hint: 'Run 20260105000002_usage_recording.sql: it notes what was inserted into the table by hand.',
              }
        }),
      ],
    }
  },
}

function recordGone({ tenant_id, resource_type, request_id, record_id, count }: Row): Trouble {
  return {
    objects: [`request ${request_id} of tenant ${tenant_id}, ${resource_type}`],
    have: `its record ${record_id} is gone${Number(count) > 1 ? `, one of ${count} such records` : ''}: reported again, it would be recorded and charged again`,
    want: 'the record, or its removal by void_usage or prune_usage, which keep the books',
  }
}
