/**
 * copilot_internal.prune_usage — the date that it is given: what is of the date itself, and which dates are too late.
 *
 * Method: a dry run and the run are asked the same; periods and holds begin at and beside the date.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, change, DATE, going, hold, period, R1, R2 } from './rows.ts'

test('what is of the date itself is not before it, but periods that end', async ({ session }) => {
  await session.run(change('llm', A, 'r', R1, 'revised', DATE) + hold(DATE) + period(DATE))
  await session.run(
    hold('2026-02-01').replace('expires_at)', 'expires_at, closed_at)').replace(`1')`, `1', '${DATE}')`),
  )
  const none = { told: 0, gone: 0 }
  expect(await going(session, 'usage_changes', 'quota_reservations', 'cost_quota_periods')).toEqual([
    none,
    none,
    { told: 1, gone: 1 },
  ])
})

describe('a date that is too late', () => {
  const refused = (before: string) => `select copilot_internal.prune_usage(now() - interval '${before}')`

  test('is told with the oldest period that goes on, whichever was made first', async ({ as, session }) => {
    for (const ago of ['1 day', '20 days', '10 days'])
      await session.run(`insert into copilot_internal.cost_quotas (scope, scope_id, limit_usd, period, period_start)
        values ('tenant', gen_random_uuid(), 1, 'month', now() - interval '${ago}')`)
    const [oldest] = await session.query(
      'select id, scope_id, period_start from copilot_internal.cost_quotas order by period_start limit 1',
    )
    await as(service)(refused('19 days')).throwsOk('QT009', {
      detail: new RegExp(
        `^Got .+\\. The current period of quota ${oldest?.['id']} \\(tenant ${oldest?.['scope_id']}, llm, month\\) began then\\. What was used since is not history yet\\.$`,
      ),
      hint: /^Pass '.+', or an earlier time\.$/,
    })
    await as(service)(refused('20 days')).livesOk()
  })

  test('is told with the open hold, and with none that is closed or over', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at, closed_at)
      values ('${A}', 'llm', 1, now() - interval '5 days', now() + interval '1 day', now()),
             ('${A}', 'llm', 1, now() - interval '4 days', now(), null),
             ('${A}', 'llm', 1, now() - interval '3 days', now() + interval '1 microsecond', null)`)
    await as(service)(refused('71 hours')).throwsOk('QT009', {
      detail: new RegExp(`\\. Reservation .+ of tenant ${A} is open since then\\. `),
    })
    await as(service)(refused('3 days')).livesOk()
  })
})

test('assert_prunable: what is later than now() is still in the future', async ({ as, session }) => {
  await session.run('select pg_sleep(0.001)')
  await as(service)`select copilot_internal.assert_prunable(now() + interval '1 microsecond')`.throwsOk(
    '22023',
    {
      message: 'before must not be in the future.',
    },
  )
  await as(service)`select copilot_internal.assert_prunable(now())`.livesOk()
})

test('prune_usage: a hold that was settled stays for a year, to the moment', async ({ as, session }) => {
  const settled = (id: string, at: string) => `
    insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, created_at, expires_at, closed_at, settled_usd)
    values ('${A}', '${id}', 'llm', 1, '2024-01-01', '2024-01-02', ${at}, 1);`
  await session.run(
    `${settled(R1, `now() - interval '1 year'`)} ${settled(R2, `now() - interval '1 year' - interval '1 microsecond'`)} select pg_sleep(0.001)`,
  )
  for (const isDry of [true, false])
    await as(service)`
      select rows from copilot_internal.prune_usage(now(), ${isDry}) where what = 'quota_reservations'`.resultsEq(
      [{ rows: 1 }],
    )
  await as(owner)`select id from copilot_internal.quota_reservations`.resultsEq([{ id: R1 }])
})

test('prune_usage: a hold is over when it was closed, else when it ends', async ({ as, session }) => {
  const over = (ends: string, closed: string | null) => `
    insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at, closed_at)
    values ('${A}', 'llm', 1, '2024-01-01', '${ends}', ${closed === null ? 'null' : `'${closed}'`});`
  await session.run(
    over('2026-02-20', '2026-02-02') +
      over('2026-02-05', null) +
      over('2026-02-01', '2026-02-10') +
      over('2026-02-01', DATE),
  )
  for (const isDry of [true, false])
    await as(service)`
      select rows, oldest = '2026-02-02' as oldest, newest = '2026-02-10' as newest
      from copilot_internal.prune_usage(${DATE}, ${isDry}) where what = 'quota_reservations'`.resultsEq([
      { rows: 3, oldest: true, newest: true },
    ])
})
