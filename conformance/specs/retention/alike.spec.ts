/**
 * copilot_internal.prune_usage — what has much in common with what goes, and stays; and the edges of a date and of a budget.
 *
 * Method: rows are inserted as they are to be, each with all but one thing in common with what is to go. A dry run and the run are
 * asked the same.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'

const [A, B] = [acme.tenantId, birch.tenantId]
const [R1, R2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const DATE = '2026-03-01 00:00+00'
const [OLD, YOUNG] = ['2026-02-01 10:00+00', '2026-03-02 10:00+00']
const kinds = ['llm', 'e2b'] as const
type Kind = (typeof kinds)[number]

/** An unpriced record. `charged`: when it was reported. */
const record = (kind: Kind, tenant: string, id: string, at: string, request?: string, charged?: string) => {
  const [columns, values] =
    kind === 'llm' ? ['provider, model', `'p', 'm'`] : ['tier, region, execution_time_seconds', `'t', 'r', 1`]
  const texts = [request, charged].map((text) => (text === undefined ? 'null' : `'${text}'`)).join(', ')
  return `insert into copilot_internal.${kind}_cost_records (tenant_id, id, recorded_at, request_id, charged_at, is_unpriced, ${columns})
          values ('${tenant}', '${id}', '${at}', ${texts}, true, ${values});`
}
const request = (kind: Kind, tenant: string, name: string, id: string) => `
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${tenant}', '${kind}', '${name}', '${id}');`
const change = (kind: Kind, tenant: string, name: string, id: string, what: string, at: string) => `
  insert into copilot_internal.usage_changes (tenant_id, resource_type, request_id, record_id, change, changed_at, former)
  values ('${tenant}', '${kind}', '${name}', '${id}', '${what}', '${at}', '{}');`
const estimate = (tenant: string, id: string) => `
  insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
  select '${tenant}', '${id}', id, 1 from copilot_internal.cost_quotas;`
const QUOTA = `insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 1, 'day');`
const hold = (over: string) => `
  insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
  values ('${A}', 'llm', 1, '2024-01-01', '${over}');`
const period = (ends: string) => `
  insert into copilot_internal.cost_quota_periods (scope, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  values ('platform', 'llm', 'day', '2024-01-01', '${ends}', 1, 1);`

const TABLES = [
  ...['llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_charge_estimates'],
  ...['quota_reservations', 'cost_quota_periods'],
]
const asked = `select * from copilot_internal.prune_usage('${DATE}')`
const done = (more = '') => `select * from copilot_internal.prune_usage('${DATE}', false${more})`
/** How many rows go by the dry run, and by all runs together: of one table, or of each. */
async function going(session: Session, ...tables: readonly string[]): Promise<unknown> {
  const told = await session.query(asked)
  const gone = new Map<unknown, number>()
  for (let call = 1; call <= 2; call += 1)
    for (const { what, rows } of await session.query(done()))
      gone.set(what, (gone.get(what) ?? 0) + Number(rows))
  const counts = tables.map((table) => ({
    told: Number(told.find(({ what }) => what === table)?.['rows']),
    gone: gone.get(table),
  }))
  return counts.length > 1 ? counts : counts[0]
}

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

describe('what a run says, a dry run has said', () => {
  const DAYS = ['2026-02-01 10:00:00+00', '2026-02-03 10:00:00+00', '2026-02-02 10:00:00+00', YOUNG]

  test('of records: how many, from when to when', async ({ as, session }) => {
    await session.run(
      `set local timezone = 'UTC'; ${DAYS.flatMap((day, i) => kinds.map((kind) => record(kind, A, `${R1.slice(0, -1)}${i}`, day))).join('')}`,
    )
    const told = await session.query(asked)
    const those = { rows: '3', oldest: DAYS[0], newest: DAYS[1] }
    expect(told.slice(0, 2)).toEqual(TABLES.slice(0, 2).map((what) => ({ what, ...those })))
    await as(service)(done()).resultsEq(told as Record<string, string | null>[])
  })

  test('of the rest', async ({ as, session }) => {
    await session.run(`set local timezone = 'UTC'; ${QUOTA}`)
    for (const [i, day] of DAYS.entries()) {
      const id = `${R1.slice(0, -1)}${i}`
      const young = day === YOUNG ? record('llm', A, id, day) : ''
      await session.run(
        young +
          request('llm', A, `r${i}`, id) +
          change('llm', A, 'r', id, 'revised', day) +
          estimate(A, id) +
          hold(day) +
          period(day),
      )
    }
    const told = await session.query(asked)
    const days = { oldest: DAYS[0], newest: DAYS[1] }
    const none = { oldest: null, newest: null }
    expect(told).toEqual(
      TABLES.map((what, i) => ({ what, rows: i < 2 ? '0' : '3', ...([3, 5, 6].includes(i) ? days : none) })),
    )
    await as(service)(done()).resultsEq(told as Record<string, string | null>[])
  })
})

describe('a budget', () => {
  const rows = async (session: Session, max: number) =>
    (await session.query(done(`, ${max}`))).map((row) => Number(row['rows']))
  const ids = Array.from({ length: 10 }, (_, i) => `${R1.slice(0, -1)}${i}`)
  const named = (kind: Kind) =>
    ids
      .map((id, i) => record(kind, A, id, `2026-02-${10 - i} 10:00+00`, id) + request(kind, A, id, id))
      .join('')

  test('is spent on records, each with its request', async ({ session }) => {
    for (const [max, wanted] of [
      [1, [1, 0, 0, 0, 0, 0, 0]],
      [2, [1, 0, 1, 0, 0, 0, 0]],
      [4, [2, 0, 2, 0, 0, 0, 0]],
      [3, [1, 1, 1, 0, 0, 0, 0]],
      [5, [2, 1, 2, 0, 0, 0, 0]],
      [6, [3, 0, 3, 0, 0, 0, 0]],
    ] as const) {
      await session.query('savepoint one')

      await session.run(named('llm') + named('e2b'))
      expect(await rows(session, max)).toEqual(wanted)
      const [llm, e2b, requests] = wanted
      const [left] = await session.query(`
      select (select count(*) from copilot_internal.usage_requests) as requests,
             (select min(recorded_at) at time zone 'UTC' from copilot_internal.llm_cost_records)::date::text as llm,
             (select min(recorded_at) at time zone 'UTC' from copilot_internal.e2b_cost_records)::date::text as e2b`)
      // The oldest go first.
      expect(left).toEqual({
        requests: `${20 - requests}`,
        llm: `2026-02-0${1 + llm}`,
        e2b: `2026-02-0${1 + e2b}`,
      })

      await session.query('rollback to savepoint one')
    }
  })

  test('bounds each other table, too', async ({ session }) => {
    for (const [table, statements] of [
      ['usage_requests', ids.map((id) => request('llm', A, id, id))],
      ['usage_changes', ids.map((id) => change('llm', A, 'r', id, 'revised', OLD))],
      ['quota_charge_estimates', [QUOTA, ...ids.map((id) => estimate(A, id))]],
      ['quota_reservations', ids.map(() => hold(OLD))],
      ['cost_quota_periods', ids.map(() => period(OLD))],
    ] as const) {
      await session.query('savepoint one')

      await session.run(statements.join(''))
      const at = TABLES.indexOf(table)
      for (const left of [7, 4, 1, 0]) {
        const removed = await rows(session, 3)
        expect(removed.filter((_, i) => i !== at)).toEqual([0, 0, 0, 0, 0, 0])
        expect(await session.query(`select count(*) as left from copilot_internal.${table}`)).toEqual([
          { left: `${left}` },
        ])
      }

      await session.query('rollback to savepoint one')
    }
  })

  test('is 10000 where none is given', async ({ session }) => {
    const values = period(OLD).match(/values (.*);/)?.[1] ?? ''
    await session.run(
      period(OLD).replace(
        `values ${values}`,
        `select ${values.slice(1, -1).replace(`'2024-01-01', '${OLD}'`, `'2024-01-01'::timestamptz, '${OLD}'::timestamptz`)} from generate_series(1, 10001)`,
      ),
    )
    await session.query(done())
    expect(await session.query('select count(*) as left from copilot_internal.cost_quota_periods')).toEqual([
      { left: '1' },
    ])
  })

  test('is one for all tables', async ({ session }) => {
    await session.run(
      QUOTA +
        ids
          .slice(0, 2)
          .map(
            (id, _i) =>
              request('llm', A, id, id) +
              change('llm', A, 'r', id, 'revised', OLD) +
              estimate(A, id) +
              hold(OLD) +
              period(OLD),
          )
          .join(''),
    )
    expect(await rows(session, 3)).toEqual([0, 0, 2, 1, 0, 0, 0])
    expect(await rows(session, 4)).toEqual([0, 0, 0, 1, 2, 1, 0])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 1, 1])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 0, 1])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })
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
