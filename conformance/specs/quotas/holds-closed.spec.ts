/**
 * settle_reservation, release_reservation, close_expired_reservations — what is refused, and whose hold is meant.
 *
 * Method: holds of the same id at two tenants.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, B, HOLD, hold, holds, OTHER, untouched } from './holds.ts'

describe('settle and release', () => {
  test('each thing that names no hold or no cost is refused', async ({ as, session }) => {
    for (const [name, given, code, message] of [
      [
        'settle_reservation',
        `null, '${HOLD}', 1`,
        '22004',
        /^tenant_id, reservation_id and actual_cost must not be NULL.$/,
      ],
      ['settle_reservation', `'${A}', null, 1`, '22004', /^tenant_id, reservation_id/],
      ['settle_reservation', `'${A}', '${HOLD}', null`, '22004', /^tenant_id, reservation_id/],
      [
        'settle_reservation',
        `'${A}', '${HOLD}', -0.000001`,
        '22023',
        /^actual_cost must be a finite number, 0 or more.$/,
      ],
      ['settle_reservation', `'${A}', '${HOLD}', 'NaN'`, '22023', /^actual_cost must/],
      ['settle_reservation', `'${A}', '${HOLD}', 'Infinity'`, '22023', /^actual_cost must/],
      ['settle_reservation', `'${A}', '${OTHER}', 1`, 'QT002', /^There is no reservation .*2 of tenant /],
      ['settle_reservation', `'${B}', '${HOLD}', 1`, 'QT002', /^There is no reservation .*1 of tenant /],
      ['release_reservation', `null, '${HOLD}'`, '22004', /^tenant_id and reservation_id must not be NULL.$/],
      ['release_reservation', `'${A}', null`, '22004', /^tenant_id and reservation_id/],
      ['release_reservation', `'${A}', '${OTHER}'`, 'QT002', /^There is no reservation .*2 of tenant /],
      ['release_reservation', `'${B}', '${HOLD}'`, 'QT002', /^There is no reservation .*1 of tenant /],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(A))
      await as(service)(`select copilot_internal.${name}(${given})`).throwsOk(code, { message })
      await as(owner)(holds).resultsEq([{ tenant_id: A, id: HOLD, ...untouched }])

      await session.query('rollback to savepoint one')
    }
  })

  test('are about one hold of one tenant', async ({ as, session }) => {
    for (const [call, after] of [
      [`settle_reservation('${A}', '${HOLD}', 2)`, { open: false, settled: 2 }],
      [`release_reservation('${A}', '${HOLD}')`, { open: false, settled: null }],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(A) + hold(B) + hold(A, OTHER))
      await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: true }])
      await as(owner)(holds).bagEq([
        { tenant_id: A, id: HOLD, ...after },
        { tenant_id: B, id: HOLD, ...untouched },
        { tenant_id: A, id: OTHER, ...untouched },
      ])
      await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: false }])

      await session.query('rollback to savepoint one')
    }
  })

  test('a hold can be settled or given back until it was, or was recorded', async ({ as, session }) => {
    for (const [, given, isDone] of [
      ['is open', {}, true],
      [
        'is over',
        { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` },
        true,
      ],
      ['was closed, being over', { closed_at: 'now()', is_expired: 'true' }, true],
      ['was given back', { closed_at: 'now()' }, false],
      ['was settled', { closed_at: 'now()', settled_usd: '1' }, false],
      ['was recorded', { closed_at: 'now()', record_id: `'${OTHER}'` }, false],
    ] as const) {
      await session.query('savepoint one')

      for (const call of [
        `settle_reservation('${A}', '${HOLD}', 0)`,
        `release_reservation('${A}', '${HOLD}')`,
      ]) {
        await session.run(`delete from copilot_internal.quota_reservations; ${hold(A, HOLD, given)}`)
        await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: isDone }])
        if (isDone)
          await as(
            owner,
          )`select closed_at between now() and clock_timestamp() as now, is_expired from copilot_internal.quota_reservations`.resultsEq(
            [{ now: true, is_expired: false }],
          )
      }

      await session.query('rollback to savepoint one')
    }
  })

  test('a settlement is charged to whom the hold concerns', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      select scope, scope_id::uuid, kind, 10, 'day'
      from (values ('platform', null), ('tenant', '${A}'), ('user', '${acme.userId}'), ('tenant', '${acme.userId}'), ('user', '${A}'),
                   ('tenant', '${B}'), ('user', '${birch.userId}')) as s (scope, scope_id) cross join unnest('{llm,e2b,all}'::text[]) as kind;
      ${hold(A, HOLD, { user_id: `'${acme.userId}'` })}`)
    await as(service)(`select copilot_internal.settle_reservation('${A}', '${HOLD}', 2) as done`).resultsEq([
      { done: true },
    ])
    await as(owner)`
      select scope, scope_id, resource_type as kind, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`.bagEq(
      [
        { scope: 'platform', scope_id: null },
        { scope: 'tenant', scope_id: A },
        { scope: 'user', scope_id: acme.userId },
      ].flatMap((whose) => ['llm', 'all'].map((kind) => ({ ...whose, kind, spent: 2 }))),
    )
  })
})

test('close_expired_reservations closes what is over, as of its end', async ({ as, session }) => {
  const over = { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` }
  await session.run(
    hold(A, HOLD, over) +
      hold(B, HOLD, { ...over, expires_at: 'now()' }) +
      hold(B, OTHER, over) +
      // It ends as this goes on, and is counted as long: by the time at which the transaction began.
      hold(A, OTHER, { expires_at: `now() + interval '1 microsecond'` }) +
      hold(A, '00000000-0000-4000-8000-000000000003', {
        ...over,
        closed_at: `now() - interval '90 minutes'`,
      }),
  )
  await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([{ closed: 3 }])
  await as(owner)`
    select tenant_id, id, closed_at = expires_at as at_its_end, is_expired from copilot_internal.quota_reservations where closed_at is not null`.bagEq(
    [
      { tenant_id: A, id: HOLD, at_its_end: true, is_expired: true },
      { tenant_id: B, id: HOLD, at_its_end: true, is_expired: true },
      { tenant_id: B, id: OTHER, at_its_end: true, is_expired: true },
      { tenant_id: A, id: '00000000-0000-4000-8000-000000000003', at_its_end: false, is_expired: false },
    ],
  )
  await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([{ closed: 0 }])
})
