/** What records were before they were revised, repriced or voided, against the records that there are. */
import type { Row } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

const RECORDS = `
  (select tenant_id, id, 'llm' as resource_type, request_id from copilot_internal.llm_cost_records
   union all select tenant_id, id, 'e2b', request_id from copilot_internal.e2b_cost_records)`

const NAME = `'change ' || c.id || ' of record ' || c.record_id || ', tenant ' || c.tenant_id`

/** What was voided is no record any more, what is kept is what it says, and a voided request is known. */
export const corrections: Check = {
  id: 'full/usage/corrections',
  title: 'What was voided is out of the totals, and what was changed is kept as it was',
  group: 'usage',
  since: versionNamed('usage_recording'),
  reads: ['usage_changes', 'usage_requests', 'llm_cost_records', 'e2b_cost_records'],
  async ask(session) {
    const voided = await session.query(
      `select ${NAME} as name, c.changed_at::text as at, count(*) over (partition by c.tenant_id, c.record_id) as times, r.id is not null as counts
       from copilot_internal.usage_changes as c
       left join ${RECORDS} as r on (r.tenant_id, r.id, r.resource_type) = (c.tenant_id, c.record_id, c.resource_type)
       where c.change = 'voided'
       order by (r.id is not null) desc, times desc, c.changed_at desc limit ${TOLD}`,
    )
    const forged = await session.query(
      `select ${NAME} as name, concat_ws(' ', c.former ->> 'tenant_id', c.former ->> 'id', c.former ->> 'request_id') as have,
              concat_ws(' ', c.tenant_id, c.record_id, c.request_id) as want
       from copilot_internal.usage_changes as c
       where (c.former ->> 'tenant_id', c.former ->> 'id', c.former ->> 'request_id')
             is distinct from (c.tenant_id::text, c.record_id::text, c.request_id)
       order by c.changed_at desc limit ${TOLD}`,
    )
    const [forgotten] = await session.query(
      `select count(*) as count
       from copilot_internal.usage_changes as c
       where c.change = 'voided' and c.request_id is not null and not exists (
         select from copilot_internal.usage_requests as u
         where (u.tenant_id, u.resource_type, u.request_id) = (c.tenant_id, c.resource_type, c.request_id))`,
    )
    const [gone] = await session.query(
      `select count(*) as count from (
         select c.tenant_id, c.record_id, c.resource_type from copilot_internal.usage_changes as c
         group by c.tenant_id, c.record_id, c.resource_type having not bool_or(c.change = 'voided')
       ) as c
       where not exists (
         select from ${RECORDS} as r where (r.tenant_id, r.id, r.resource_type) = (c.tenant_id, c.record_id, c.resource_type))`,
    )
    return {
      broken: [
        ...voided.flatMap(({ name, at, times, counts }) => {
          const objects = [name ?? '']
          if (counts === 't')
            return [
              {
                objects,
                have: `voided at ${at}, and a record still: its cost was given back, and counts`,
                want: 'no such record',
                hint: 'Delete the record, which gives nothing back, or record the usage under a name and an id of its own.',
              },
            ]
          if (Number(times) < 2) return []
          return [{ objects, have: `voided ${times} times: its cost was given back as often`, want: 'once' }]
        }),
        ...forged.map(({ name, have, want }) => ({
          objects: [name ?? ''],
          reason:
            'The record that is kept is not the one that the change is about: somebody has written past the product.',
          have: have ?? '',
          want: want ?? '',
        })),
      ],
      notes: [
        ...counted(
          gone,
          (count) =>
            `Records that were revised or repriced, and are gone without having been voided: ${count}. What they were is in usage_changes.`,
        ),
        ...counted(
          forgotten,
          (count) =>
            `Requests that were voided, and are not noted any more: ${count}. Reported again, they are charged again.`,
        ),
      ],
    }
  },
}

function counted(row: Row | undefined, sentence: (count: string) => string): string[] {
  const count = row?.['count'] ?? '0'
  return count === '0' ? [] : [sentence(count)]
}
