/**
 * A quota rolls over — at the first check or charge after its period is over — and its books are kept.
 *
 * Method: quotas whose period ended a moment or hours ago. Within a test now() stands still, so that the moment at which a
 * period ends can be met exactly.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, test } from '../../harness/index.ts'

const id = acme.tenantId
const check = `select copilot_internal.check_e2b_quota('tenant', '${id}', 6)`
const charge = `select copilot_internal.increment_e2b_quota_spend('tenant', '${id}', 6)`
const both = [
  { act: 'a check', call: check, spent: 0 },
  { act: 'a charge', call: charge, spent: 6 },
]

/** A quota of 10 USD a day with 10 spent, in a period that started and ended so long ago. */
async function quota(session: Session, kind: string, started: string, ended: string): Promise<void> {
  await session.query(
    `insert into copilot_internal.cost_quotas
       (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start, period_end, created_at, updated_at)
     values ('tenant', $1, $2, 10, 10, 'day', now() - $3::interval, now() - $4::interval, '2026-01-04', '2026-01-04')`,
    [id, kind, started, ended],
  )
}

const quotas = `
  select resource_type as kind, trim_scale(spent_usd) as spent, now() - period_start as since, period_end - now() as until
  from copilot_internal.cost_quotas`
const archive = `
  select resource_type as kind, trim_scale(spent_usd) as spent, now() - period_start as since, now() - period_end as ended
  from copilot_internal.cost_quota_periods`

describe.each(both)('$act', ({ call, spent }) => {
  test('the moment at which a period ends belongs to the next', async ({ as, session }) => {
    await quota(session, 'e2b', '24 hours', '0')
    await as(service)(call).livesOk()
    await as(owner)(quotas).resultsEq([{ kind: 'e2b', spent, since: '00:00:00', until: '1 day' }])
    await as(owner)(archive).resultsEq([{ kind: 'e2b', spent: 10, since: '1 day', ended: '00:00:00' }])
  })

  test('the moment before is still the old period’s', async ({ as, session }) => {
    await quota(session, 'e2b', '24 hours', '-1 microsecond')
    await as(service)(call).livesOk()
    await as(owner)(quotas).resultsEq([
      { kind: 'e2b', spent: 10 + spent, since: '1 day', until: '00:00:00.000001' },
    ])
    await as(owner)(archive).isEmpty()
  })

  test('what follows a longer first period starts where that ended', async ({ as, session }) => {
    // Counted in days from the start, a period began 12 hours ago; but the first one went on until an hour ago.
    await quota(session, 'e2b', '60 hours', '1 hour')
    await as(service)(call).livesOk()
    await as(owner)(quotas).resultsEq([{ kind: 'e2b', spent, since: '01:00:00', until: '12:00:00' }])
    await as(owner)(archive).resultsEq([
      { kind: 'e2b', spent: 10, since: '2 days 12:00:00', ended: '01:00:00' },
    ])
  })

  test('periods that nobody used are passed over', async ({ as, session }) => {
    await quota(session, 'e2b', '73 hours', '49 hours')
    await as(service)(call).livesOk()
    await as(owner)(quotas).resultsEq([{ kind: 'e2b', spent, since: '01:00:00', until: '23:00:00' }])
    await as(owner)(archive).resultsEq([
      { kind: 'e2b', spent: 10, since: '3 days 01:00:00', ended: '2 days 01:00:00' },
    ])
  })

  test('an all quota rolls over, too, and an llm quota does not', async ({ as, session }) => {
    for (const kind of ['all', 'llm']) await quota(session, kind, '25 hours', '1 hour')
    await as(service)(call).livesOk()
    await as(owner)(quotas).bagEq([
      { kind: 'all', spent, since: '01:00:00', until: '23:00:00' },
      { kind: 'llm', spent: 10, since: '1 day 01:00:00', until: '-01:00:00' },
    ])
    await as(owner)(archive).resultsEq([
      { kind: 'all', spent: 10, since: '1 day 01:00:00', ended: '01:00:00' },
    ])
  })
})

test('a check finds room again once the period is over', async ({ as, session }) => {
  await quota(session, 'e2b', '25 hours', '1 hour')
  await quota(session, 'all', '25 hours', '1 hour')
  await as(service)(`${check} as fits`).resultsEq([{ fits: true }])
})

test('a quota says when it was last charged', async ({ as, session }) => {
  for (const kind of ['e2b', 'all', 'llm']) await quota(session, kind, '0', '-1 day')
  await as(service)(charge).livesOk()
  await as(owner)`
    select resource_type as kind, updated_at = now() as now, created_at = '2026-01-04' as created
    from copilot_internal.cost_quotas`.bagEq([
    { kind: 'e2b', now: true, created: true },
    { kind: 'all', now: true, created: true },
    { kind: 'llm', now: false, created: true },
  ])
})

describe('the archive', () => {
  const books = `quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd`

  test('it keeps a period as it was, whatever else changes with it', async ({ as, session }) => {
    await quota(session, 'e2b', '24 hours', '0')
    await session.run(`
      create temporary table before as
      select id as quota_id, * from copilot_internal.cost_quotas;
      update copilot_internal.cost_quotas
      set scope = 'user', scope_id = '${acme.userId}', resource_type = 'all', period = 'week', limit_usd = 20,
          spent_usd = 1, period_start = now(), period_end = now() + interval '7 days'`)
    await as(owner)(
      `select ${books} from before except select ${books} from copilot_internal.cost_quota_periods`,
    ).isEmpty()
    await as(
      owner,
    )`select count(*), bool_and(closed_at = now()) as now from copilot_internal.cost_quota_periods`.resultsEq(
      [{ count: 1, now: true }],
    )
  })

  test('a quota that stays in its period leaves nothing behind', async ({ as, session }) => {
    await quota(session, 'e2b', '1 hour', '-1 day')
    await as(service)(
      `update copilot_internal.cost_quotas set limit_usd = 20, spent_usd = 0, period_end = now()`,
    ).livesOk()
    await as(owner)(archive).isEmpty()
  })
})
