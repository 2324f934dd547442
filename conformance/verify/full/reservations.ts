/** Holds that were settled, against the records of the same usage: either charges, and both together charge twice. */
import type { Row, Session } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

/** Settled and recorded, without the one knowing of the other. */
export const reservations: Check = {
  id: 'full/quotas/settled-and-recorded',
  title: 'No reservation that was settled was charged once more when it was recorded',
  group: 'quotas',
  since: versionNamed('usage_recording'),
  reads: ['quota_reservations', 'llm_cost_records', 'e2b_cost_records'],
  async ask(session) {
    const twice = await bothOf(session, `r.reservation_id = h.id`)
    const perhaps = await bothOf(
      session,
      `r.request_id = h.request_id and r.reservation_id is distinct from h.id`,
    )
    const [unclear] = await session.query(
      `select count(*) as count from copilot_internal.quota_reservations as h
       join ${RECORDS} as r on r.tenant_id = h.tenant_id and r.resource_type = h.resource_type and r.request_id = h.request_id
       where h.closed_at is not null and not h.is_expired and h.settled_usd is null and h.record_id is null
         and r.reservation_id is null and r.written::text <> h.xmin::text`,
    )
    const count = Number(unclear?.['count'])
    return {
      broken: twice.map((row) => ({
        objects: [nameOf(row)],
        have: both(row),
        want: `the difference charged when it was recorded: ${row['difference']} USD`,
        hint: `Quotas were charged ${row['settled']} USD too much; what is in the current period can be taken off spent_usd.`,
      })),
      warnings: perhaps.map((row) => ({
        objects: [nameOf(row)],
        have: `${both(row)}, without its reservation`,
        want: 'charged once, if it is the same usage',
        hint: 'Record with reservation_id: what the settlement has charged is then taken off.',
      })),
      notes:
        count > 0
          ? [
              `Reservations that were closed before the usage of their request was recorded: ${count}. Those that were settled and not released were charged twice; from before settled_usd, the books do not say which.`,
            ]
          : [],
    }
  },
}

const RECORDS = `
  (select tenant_id, id, 'llm' as resource_type, request_id, reservation_id, total_cost_usd, xmin as written from copilot_internal.llm_cost_records
   union all
   select tenant_id, id, 'e2b', request_id, reservation_id, total_cost_usd, xmin from copilot_internal.e2b_cost_records)`

async function bothOf(session: Session, same: string): Promise<Row[]> {
  return session.query(
    `select h.id, h.tenant_id, trim_scale(h.settled_usd) as settled, r.id as record, trim_scale(r.total_cost_usd) as cost,
            trim_scale(r.total_cost_usd - h.settled_usd) as difference
     from copilot_internal.quota_reservations as h
     join ${RECORDS} as r on r.tenant_id = h.tenant_id and r.resource_type = h.resource_type and ${same}
     where h.settled_usd > 0 and h.record_id is null
     order by h.closed_at desc, h.id limit ${TOLD}`,
  )
}

const nameOf = (row: Row) => `reservation ${row['id']} of tenant ${row['tenant_id']}`

const both = (row: Row) =>
  `settled with ${row['settled']} USD, and its usage recorded as ${row['record']} and charged ${row['cost']} USD`
