/**
 * copilot_internal.prune_usage — what has much in common with what goes, and stays.
 *
 * Method: rows are inserted as they are to be, each with all but one thing in common with what is to go. A dry run and the run are
 * asked the same.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import {
  A,
  B,
  change,
  DATE,
  estimate,
  going,
  hold,
  kinds,
  OLD,
  QUOTA,
  R1,
  R2,
  record,
  request,
  YOUNG,
} from './rows.ts'

describe.each(kinds)('of what is alike, only what is old goes: %s', (kind) => {
  const other = kind === 'llm' ? 'e2b' : 'llm'

  test('a record, beside others of its id, its tenant or its moment', async ({ as, session }) => {
    await session.run(
      record(kind, A, R1, OLD, 'r') +
        record(kind, B, R1, OLD, 'r', YOUNG) +
        record(kind, A, R2, OLD, 's', YOUNG) +
        record(kind, A, R1, YOUNG, 'r'),
    )
    expect(await going(session, `${kind}_cost_records`)).toEqual({ told: 1, gone: 1 })
    await as(owner)(
      `select tenant_id, id, recorded_at = '${OLD}' as old from copilot_internal.${kind}_cost_records`,
    ).bagEq([
      { tenant_id: B, id: R1, old: true },
      { tenant_id: A, id: R2, old: true },
      { tenant_id: A, id: R1, old: false },
    ])
  })

  test('a record that was used or reported at the date itself stays', async ({ session }) => {
    await session.run(record(kind, A, R1, DATE) + record(kind, A, R2, OLD, 'r', DATE))
    expect(await going(session, `${kind}_cost_records`)).toEqual({ told: 0, gone: 0 })
  })

  test('its request, and no other of its name, its tenant or its kind', async ({ as, session }) => {
    await session.run(
      record(kind, A, R1, OLD, 'r') +
        request(kind, A, 'r', R1) +
        // The same name and the same id at another tenant, and of the other kind; another name of the same tenant.
        record(kind, B, R1, OLD, 'r', YOUNG) +
        request(kind, B, 'r', R1) +
        record(other, A, R1, OLD, 'r', YOUNG) +
        request(other, A, 'r', R1) +
        record(kind, A, R2, OLD, 's', YOUNG) +
        request(kind, A, 's', R2),
    )
    expect(await going(session, 'usage_requests')).toEqual({ told: 1, gone: 1 })
    await as(owner)`select tenant_id, resource_type, request_id from copilot_internal.usage_requests`.bagEq([
      { tenant_id: B, resource_type: kind, request_id: 'r' },
      { tenant_id: A, resource_type: other, request_id: 'r' },
      { tenant_id: A, resource_type: kind, request_id: 's' },
    ])
  })

  test('a request that a younger record has taken over stays', async ({ session }) => {
    await session.run(
      record(kind, A, R1, OLD, 'r') + record(kind, A, R2, YOUNG, 'r') + request(kind, A, 'r', R2),
    )
    expect(await going(session, 'usage_requests')).toEqual({ told: 0, gone: 0 })
  })

  test('a request whose record is gone, though there is one that is alike', async ({ session }) => {
    for (const [, near] of [
      ['at another tenant', record(kind, B, R1, YOUNG)],
      ['of the other kind', record(other, A, R1, YOUNG)],
      ['beside it', record(kind, A, R2, YOUNG)],
    ]) {
      await session.query('savepoint one')

      await session.run(request(kind, A, 'r', R1) + near)
      expect(await going(session, 'usage_requests')).toEqual({ told: 1, gone: 1 })

      await session.query('rollback to savepoint one')
    }
  })

  test('a request that was voided since, by a change of its own', async ({ session }) => {
    for (const [, near, goes] of [
      ['at another tenant', change(kind, B, 'r', R1, 'voided', YOUNG), 1],
      ['of another record', change(kind, A, 'r', R2, 'voided', YOUNG), 1],
      ['that was a revision', change(kind, A, 'r', R1, 'revised', YOUNG), 1],
      ['that is old', change(kind, A, 'r', R1, 'voided', OLD), 1],
      ['at the date itself, its own', change(kind, A, 'r', R1, 'voided', DATE), 0],
    ] as const) {
      await session.query('savepoint one')

      await session.run(request(kind, A, 'r', R1) + near)
      expect(await going(session, 'usage_requests')).toEqual({ told: goes, gone: goes })

      await session.query('rollback to savepoint one')
    }
  })

  test('a change that voided what nobody knows any more, whoever is known', async ({ session }) => {
    const young = record(kind, A, R2, YOUNG) + record(other, A, R1, YOUNG) + record(kind, B, R1, YOUNG)
    await session.run(
      change(kind, A, 'r', R1, 'voided', OLD) +
        young +
        request(kind, A, 'r', R2) +
        request(other, A, 'r', R1) +
        request(kind, B, 'r', R1),
    )
    expect(await going(session, 'usage_changes')).toEqual({ told: 1, gone: 1 })
  })

  test('a change that voided a request under another name of its record', async ({ session }) => {
    await session.run(
      change(kind, A, 'r', R1, 'voided', OLD) + record(kind, A, R1, YOUNG) + request(kind, A, 's', R1),
    )
    expect(await going(session, 'usage_changes')).toEqual({ told: 1, gone: 1 })
  })

  test('an estimate whose record is gone or old', async ({ session }) => {
    for (const [, near, goes] of [
      ['gone', '', 1],
      ['at another tenant', record(kind, B, R1, YOUNG), 1],
      ['another', record(kind, A, R2, YOUNG), 1],
      ['young', record(kind, A, R1, YOUNG), 0],
      ['used at the date itself', record(kind, A, R1, DATE), 0],
      ['reported at the date itself', record(kind, A, R1, OLD, 'r', DATE), 0],
      ['old', record(kind, A, R1, OLD), 1],
    ] as const) {
      await session.query('savepoint one')

      await session.run(QUOTA + estimate(A, R1) + near)
      expect(await going(session, 'quota_charge_estimates')).toEqual({ told: goes, gone: goes })

      await session.query('rollback to savepoint one')
    }
  })
})

test('an estimate goes alone: those of other records and tenants stay', async ({ as, session }) => {
  await session.run(
    `${QUOTA} insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 1, 'week');` +
      estimate(A, R1) +
      estimate(B, R1) +
      estimate(A, R2) +
      record('llm', B, R1, YOUNG) +
      record('e2b', A, R2, YOUNG),
  )
  expect(await going(session, 'quota_charge_estimates')).toEqual({ told: 2, gone: 2 })
  await as(owner)`select distinct tenant_id, record_id from copilot_internal.quota_charge_estimates`.bagEq([
    { tenant_id: B, record_id: R1 },
    { tenant_id: A, record_id: R2 },
  ])
})

test('changes and holds go by tenant: others of the same id stay', async ({ as, session }) => {
  await session.run(
    change('llm', A, 'r', R1, 'revised', OLD) +
      change('llm', B, 'r', R1, 'revised', YOUNG) +
      hold(OLD) +
      hold(YOUNG),
  )
  await session.run(`
    update copilot_internal.usage_changes set id = '${R1}';
    update copilot_internal.quota_reservations set id = '${R1}', tenant_id = case when expires_at = '${OLD}' then tenant_id else '${B}' end`)
  const tables = ['usage_changes', 'quota_reservations']
  const one = { told: 1, gone: 1 }
  expect(await going(session, ...tables)).toEqual([one, one])
  for (const table of tables)
    await as(owner)(`select tenant_id from copilot_internal.${table}`).resultsEq([{ tenant_id: B }])
})
