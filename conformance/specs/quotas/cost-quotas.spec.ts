/**
 * copilot_internal.cost_quotas — what a quota is.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const insert = (columns: string, values: string) =>
  `insert into copilot_internal.cost_quotas (${columns}) values (${values})`

test('start, end and anchor may be left out', async ({ as }) => {
  await as(service)(insert('scope, limit_usd, period', `'platform', 10, 'month'`)).livesOk()
  await as(owner)`
    select resource_type, trim_scale(spent_usd) as spent, warning_threshold, period_start = now() as starts_now,
           period_anchor = period_start as anchored,
           period_end = (period_start at time zone 'UTC' + interval '1 month') at time zone 'UTC' as ends_in_a_month
    from copilot_internal.cost_quotas`.resultsEq([
    {
      resource_type: 'llm',
      spent: 0,
      warning_threshold: '0.8000',
      starts_now: true,
      anchored: true,
      ends_in_a_month: true,
    },
  ])
})

test('a first period may be given as the owner likes it', async ({ as }) => {
  await as(service)(
    insert(
      'scope, limit_usd, period, period_start, period_end',
      `'platform', 10, 'day', '2026-01-31 12:00+00', '2026-02-03 00:00+00'`,
    ),
  ).livesOk()
  await as(owner)`
    select extract(epoch from period_end - period_start) / 3600 = 60 as sixty_hours,
           period_anchor = period_start as anchored
    from copilot_internal.cost_quotas`.resultsEq([{ sixty_hours: true, anchored: true }])
})

test('the end that is left out is where the anchor’s period ends', async ({ as }) => {
  await as(service)(
    insert(
      'scope, limit_usd, period, period_anchor, period_start',
      `'platform', 10, 'month', '2026-01-31 00:00+00', '2026-02-28 00:00+00'`,
    ),
  ).livesOk()
  await as(owner)`
    select period_start = '2026-02-28 00:00+00' as starts, period_end = '2026-03-31 00:00+00' as ends,
           period_anchor = '2026-01-31 00:00+00' as anchored
    from copilot_internal.cost_quotas`.resultsEq([{ starts: true, ends: true, anchored: true }])
})

describe('one quota per scope, kind and period', () => {
  test('a second one is refused, for the platform too', async ({ as }) => {
    for (const [scope, id] of [
      ['tenant', `'${acme.tenantId}'`],
      ['platform', 'null'],
    ] as const) {
      const quota = insert(
        'scope, scope_id, resource_type, limit_usd, period',
        `'${scope}', ${id}, 'e2b', 1, 'day'`,
      )
      await as(service)(quota).livesOk()
      await as(service)(quota).throwsOk('23505')
    }
  })

  test('day and month live side by side, and so do the kinds', async ({ as }) => {
    for (const period of ['hour', 'day', 'week', 'month']) {
      for (const kind of ['llm', 'e2b', 'all']) {
        await as(service)(
          insert(
            'scope, scope_id, resource_type, limit_usd, period',
            `'tenant', '${acme.tenantId}', '${kind}', 1, '${period}'`,
          ),
        ).livesOk()
      }
    }
  })
})

test('a period of unknown length cannot be filled in', async ({ as }) => {
  await as(service)(insert('scope, limit_usd, period', `'platform', 1, 'year'`)).throwsOk('22023', {
    hint: /hour, day, week or month/,
  })
})
