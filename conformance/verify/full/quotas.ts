/** Quotas: their periods, their closed books and what they hold. */
import type { Row } from '../../engines/index.ts'
import { type QuotaPeriod, quotaPeriod } from '../../oracle/index.ts'
import type { Check, Trouble } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Quotas whose periods are worked out again; of more, those that changed last. */
const LOOKED_AT = 10_000
/** Examples that are told of each kind. */
export const TOLD = 20

/** An expression: what the quota of row `q` is called. */
export const QUOTA_NAME = `concat_ws(' ', 'quota', q.id, 'of', q.scope, q.scope_id)`

/** Every quota has an anchor and a period; once it has rolled over, the period lies on the anchor's grid. */
export const quotaPeriods: Check = {
  id: 'full/quotas/periods',
  title: 'Every quota has an anchor, and a period that is one of the anchor’s',
  group: 'quotas',
  since: versionNamed('cost_tracking_foundation'),
  reads: ['cost_quotas'],
  async ask(session, { version }) {
    const archived = version >= versionNamed('e2b_cost_tracking')
    const ms = (column: string) => `floor(extract(epoch from ${column}) * 1000)::text`
    const rows = await session.query(
      `select ${QUOTA_NAME} as name, q.period, ${ms('q.period_anchor')} as anchor, ${ms('q.period_start')} as starts,
              ${ms('q.period_end')} as ends, q.period_end > q.period_start as forward, b.period as former,
              b.period_end = q.period_start as seamless, q.period_start::text as start_text, q.period_end::text as end_text,
              q.period_anchor::text as anchor_text
       from copilot_internal.cost_quotas as q
       left join lateral (${archived ? LAST_BOOK : 'select null::text as period, null::timestamptz as period_end'}) as b on true
       order by q.updated_at desc, q.id limit ${LOOKED_AT}`,
    )
    return { broken: rows.flatMap(inconsistent).slice(0, TOLD) }
  },
}

const LAST_BOOK = `
  select c.period, c.period_end from copilot_internal.cost_quota_periods as c
  where c.quota_id = q.id order by c.period_start desc limit 1`

function inconsistent(row: Row): Trouble[] {
  const { name, period, anchor, starts, ends, start_text: start, end_text: end, anchor_text } = row
  const objects = [name ?? '']
  const hint = 'Set period_start, period_end and period_anchor of the quota; its spend stays.'
  if (!anchor || !starts || !ends)
    return [
      {
        objects,
        have: `anchor ${anchor_text}, from ${start} to ${end}`,
        want: 'an anchor, a start and an end',
        hint,
      },
    ]
  if (row['forward'] !== 't')
    return [{ objects, have: `from ${start} to ${end}`, want: 'an end after the start', hint }]
  // The first period is as it was given, and so is one whose kind was changed since.
  if (row['former'] !== period) return []
  const length = period as QuotaPeriod
  const onGrid = (moment: string) => quotaPeriod(Number(anchor), length, Number(moment))[0] === Number(moment)
  if (onGrid(ends) && (onGrid(starts) || row['seamless'] === 't')) return []
  const [from, to] = quotaPeriod(Number(anchor), length, Number(starts))
  return [
    {
      objects,
      have: `from ${start} to ${end}`,
      want: `from ${iso(from)} to ${iso(to)}, counted by ${period} from ${anchor_text}`,
      hint,
    },
  ]
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** Closed books of a quota follow one another, and the current period follows them. */
export const closedBooks: Check = {
  id: 'full/quotas/closed-books',
  title: 'No moment is in two periods of a quota',
  group: 'quotas',
  since: versionNamed('e2b_cost_tracking'),
  reads: ['cost_quotas', 'cost_quota_periods'],
  async ask(session) {
    const rows = await session.query(
      `select ${QUOTA_NAME} as name, b.period_end::text as ends, b.follows::text as follows
       from (
         select quota_id, period_end, lead(period_start) over (partition by quota_id order by period_start, period_end) as follows
         from (
           select quota_id, period_start, period_end from copilot_internal.cost_quota_periods where quota_id is not null
           union all
           select id, period_start, period_end from copilot_internal.cost_quotas
         ) as periods
       ) as b
       join copilot_internal.cost_quotas as q on q.id = b.quota_id
       where b.follows < b.period_end
       order by q.id, b.period_end desc limit ${TOLD}`,
    )
    return {
      broken: rows.map(({ name, ends, follows }) => ({
        objects: [name ?? ''],
        have: `a period that starts at ${follows}, before the one before it ends`,
        want: `none before ${ends}`,
        hint: 'Look into cost_quota_periods: what was spent then may be counted twice.',
      })),
    }
  },
}

/** What a quota holds is what is held for it: holds that are open and whose time is not over. */
export const holds: Check = {
  id: 'full/quotas/holds',
  title: 'Holds count while they are open and their time is not over',
  group: 'quotas',
  since: versionNamed('e2b_cost_tracking'),
  reads: ['cost_quotas', 'quota_reservations'],
  calls: ['quota_held_usd'],
  async ask(session) {
    const rows = await session.query(
      `select * from (
         select ${QUOTA_NAME} as name, trim_scale(copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)) as have,
                trim_scale(h.held) as want, h.over
         from copilot_internal.cost_quotas as q
         cross join lateral (
           select coalesce(sum(r.amount_usd) filter (where r.expires_at > now()), 0) as held,
                  count(*) filter (where r.expires_at <= now()) as over
           from copilot_internal.quota_reservations as r
           where r.closed_at is null and (q.resource_type = 'all' or q.resource_type = r.resource_type)
             and (q.scope = 'platform' or q.scope = 'tenant' and q.scope_id = r.tenant_id
                  or q.scope = 'user' and q.scope_id = r.user_id)
         ) as h
       ) as held where have <> want order by name limit ${TOLD}`,
    )
    const [over] = await session.query(
      `select count(*) as count from copilot_internal.quota_reservations where closed_at is null and expires_at <= now()`,
    )
    const count = Number(over?.['count'])
    return {
      broken: rows.map(({ name, have, want, over }) => ({
        objects: [name ?? ''],
        have: `${have} USD held`,
        want: `${want} USD: ${over} open holds are past their time`,
        hint: 'Run the migrations again: quota_held_usd is not what they made it.',
      })),
      notes:
        count > 0
          ? [
              `Open holds past their time: ${count}. They no longer count; close_expired_reservations() closes them.`,
            ]
          : [],
    }
  },
}
