/**
 * Usage that has much in common with other usage, and is not taken for it: requests, records, changes and holds of the same name or
 * id at another tenant, of the other kind, or beside it.
 *
 * Method: rows that only a mistake or a removal by hand leaves behind are inserted, each with all but one thing in common.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const [A, B] = [acme.tenantId, birch.tenantId]
const [R1, R2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const kinds = ['llm', 'e2b'] as const
type Kind = (typeof kinds)[number]

/** A report of a request of 1000 tokens, or 300 seconds. */
const report = (kind: Kind, request: string, more = '') =>
  kind === 'llm'
    ? `copilot_internal.record_llm_usage('${A}', 'openai', 'gpt-4', 1000, 0, request_id => '${request}'${more})`
    : `copilot_internal.record_e2b_usage('${A}', 'standard', 'us-east-1', 300, request_id => '${request}'${more})`
/** An unpriced record, inserted by hand. */
const record = (kind: Kind, tenant: string, id: string, request: string | null) => {
  const [columns, values] =
    kind === 'llm' ? ['provider, model', `'p', 'm'`] : ['tier, region, execution_time_seconds', `'t', 'r', 1`]
  return `insert into copilot_internal.${kind}_cost_records (tenant_id, id, request_id, is_unpriced, ${columns})
          values ('${tenant}', '${id}', ${request === null ? 'null' : `'${request}'`}, true, ${values});`
}
const request = (kind: Kind, tenant: string, name: string, id: string) => `
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${tenant}', '${kind}', '${name}', '${id}');`
const change = (kind: Kind, tenant: string, name: string, id: string, what: string) => `
  insert into copilot_internal.usage_changes (tenant_id, resource_type, request_id, record_id, change, former)
  values ('${tenant}', '${kind}', '${name}', '${id}', '${what}', jsonb_build_object('id', '${id}', 'request_id', '${name}'));`

describe.each(kinds)('%s: a request whose record is gone is recorded anew', (kind) => {
  test('though there is one at another tenant, under another name, beside it', async ({ as, session }) => {
    for (const [, near] of [
      ['at another tenant', record(kind, B, R1, 'r')],
      ['under another name', record(kind, A, R1, 's')],
      ['without a name', record(kind, A, R1, null)],
      ['beside it', record(kind, A, R2, 'r')],
      ['at another tenant, voided', change(kind, B, 'r', R1, 'voided')],
      ['beside it, voided', change(kind, A, 'r', R2, 'voided')],
      ['of its id, revised', change(kind, A, 'r', R1, 'revised')],
    ]) {
      await session.query('savepoint one')

      await session.run(request(kind, A, 'r', R1) + near)
      await as(service)(
        `select id in ('${R1}', '${R2}') as known, trim_scale(total_cost_usd) as cost from ${report(kind, 'r')}`,
      ).resultsEq([{ known: false, cost: '0.03' }])
      await as(service)(`select id = '${R1}' as known from ${report(kind, 'r')}`).raisesNotices([])
      await as(owner)(
        `select count(*) as records from copilot_internal.${kind}_cost_records where total_cost_usd > 0`,
      ).resultsEq([{ records: 1 }])

      await session.query('rollback to savepoint one')
    }
  })

  test('and one that was voided is answered by that', async ({ as, session }) => {
    await session.run(request(kind, A, 'r', R1) + change(kind, A, 'r', R1, 'voided'))
    await as(service)(`select id from ${report(kind, 'r')}`).resultsEq([{ id: R1 }])
  })
})

describe.each(kinds)('%s: what is revised or voided', (kind) => {
  const revise = (whose: string) => `copilot_internal.revise_${kind}_usage('${A}', ${whose})`
  const size = kind === 'llm' ? 2000 : 600

  test('is the record of that request, of that tenant and kind', async ({ as, session }) => {
    const other = kind === 'llm' ? 'e2b' : 'llm'
    await session.query(`select ${report(kind, 'r')}`)
    await session.query(`select ${report(kind, 's')}`)
    await session.query(`select ${report(other, 'r')}`)
    await session.query(`select ${report(kind, 'r').replace(A, B)}`)
    await as(service)(`select from ${revise(`'r', ${size}`)}`).livesOk()
    const costs = `select tenant_id, request_id as request, trim_scale(total_cost_usd) as cost from copilot_internal.`
    await as(owner)(`${costs}${kind}_cost_records`).bagEq([
      { tenant_id: A, request: 'r', cost: '0.06' },
      { tenant_id: A, request: 's', cost: '0.03' },
      { tenant_id: B, request: 'r', cost: '0.03' },
    ])
    await as(service)(`select copilot_internal.void_usage('${A}', '${kind}', 'r') as done`).resultsEq([
      { done: true },
    ])
    await as(owner)(`${costs}${kind}_cost_records`).bagEq([
      { tenant_id: A, request: 's', cost: '0.03' },
      { tenant_id: B, request: 'r', cost: '0.03' },
    ])
    await as(owner)(`${costs}${other}_cost_records`).resultsEq([{ tenant_id: A, request: 'r', cost: '0.03' }])
  })

  test('is the record of that id at its tenant; the request goes first', async ({ as, session }) => {
    await session.query(`select ${report(kind, 'r')}`)
    await session.query(`select ${report(kind, 's')}`)
    await session.run(`insert into copilot_internal.${kind}_cost_records
      select (jsonb_populate_record(r, '{"tenant_id": "${B}"}')).* from copilot_internal.${kind}_cost_records as r`)
    const of = (name: string) =>
      `(select record_id from copilot_internal.usage_requests where request_id = '${name}')`
    await as(service)(
      `select request_id as request from ${revise(`null, ${size}, record_id => ${of('s')}`)}`,
    ).resultsEq([{ request: 's' }])
    await as(service)(
      `select request_id as request from ${revise(`'r', ${size}, record_id => ${of('s')}`)}`,
    ).resultsEq([{ request: 'r' }])
    await as(owner)(`
      select tenant_id, trim_scale(sum(total_cost_usd)) as cost from copilot_internal.${kind}_cost_records group by 1`).bagEq(
      [
        { tenant_id: A, cost: '0.12' },
        { tenant_id: B, cost: '0.06' },
      ],
    )
  })

  test('is named, and there', async ({ as, session }) => {
    for (const [given, code, message] of [
      [`null, 'r'`, '22004', 'tenant_id, and request_id or record_id, must not be NULL.'],
      [`'${A}', null`, '22004', 'tenant_id, and request_id or record_id, must not be NULL.'],
      [`'${A}', 'r'`, 'QT008', `There is no ${kind} usage 'r' of tenant ${A}.`],
      [`'${A}', null, record_id => '${R1}'`, 'QT008', `There is no ${kind} usage '${R1}' of tenant ${A}.`],
      [`'${A}', 'r', record_id => '${R1}'`, 'QT008', `There is no ${kind} usage 'r' of tenant ${A}.`],
    ] as const) {
      await session.query('savepoint one')

      await session.run(record(kind, B, R1, 'r') + request(kind, B, 'r', R1))
      await as(service)(`select copilot_internal.revise_${kind}_usage(${given})`).throwsOk(code, { message })

      await session.query('rollback to savepoint one')
    }
  })

  test('was not voided before, whatever else of its name was', async ({ as, session }) => {
    const near = [
      change(kind, B, 'r', R1, 'voided'),
      change(kind === 'llm' ? 'e2b' : 'llm', A, 'r', R1, 'voided'),
      change(kind, A, 'r', R1, 'revised'),
      change(kind, A, 's', R2, 'voided'),
    ]
    await session.run(near.join(''))
    for (const usage of ['r', R1])
      await as(service)(`select copilot_internal.void_usage('${A}', '${kind}', '${usage}')`).throwsOk(
        'QT008',
        {
          message: `There is no ${kind} usage '${usage}' of tenant ${A}.`,
        },
      )
    for (const usage of ['s', R2])
      await as(service)(
        `select copilot_internal.void_usage('${A}', '${kind}', '${usage}') as done`,
      ).resultsEq([{ done: false }])
  })

  test('a second revision is charged its difference, whoever revised the like', async ({ as, session }) => {
    // A quota that is newer than the usage and older than its first revision.
    await session.query(`select ${report(kind, 'r')}`)
    await session.run(
      `insert into copilot_internal.cost_quotas (scope, limit_usd, period, resource_type) values ('platform', 10, 'day', 'all')`,
    )
    const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`
    const reported = (at: string) => `
      alter table copilot_internal.${kind}_cost_records disable trigger user;
      update copilot_internal.${kind}_cost_records set charged_at = ${at};
      alter table copilot_internal.${kind}_cost_records enable trigger user`
    await session.run(reported(`now() - interval '1 hour'`))
    await session.query(`select from ${revise(`'r', ${size}`)}`)
    await as(owner)(spent).resultsEq([{ spent: '0.03' }])
    // The same record of another tenant, which was charged to a quota that counts already; it changed last.
    await session.run(`
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former, changed_at)
      select '${B}', resource_type, record_id, change, former || '{"charged_at": "infinity", "total_cost_usd": 5}', changed_at + interval '1 minute'
      from copilot_internal.usage_changes;
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former, changed_at)
      select tenant_id, resource_type, '${R1}', change, former || '{"charged_at": "infinity", "total_cost_usd": 5}', changed_at + interval '1 minute'
      from copilot_internal.usage_changes where tenant_id = '${A}'`)
    await session.query(`select from ${revise(`'r', 0`)}`)
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })
})

describe.each(kinds)('%s: an estimate', (kind) => {
  test('of the caller stays one, though other usage was charged by its hold', async ({ as, session }) => {
    const more = kind === 'llm' ? ', is_estimated => true' : ''
    await session.query(`select ${report(kind, 'r', more)}`)
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 10, 'day');
      insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
      select t.tenant_id, t.record_id, q.id, 1 from copilot_internal.cost_quotas as q, (
        select '${A}'::uuid as tenant_id, '${R2}'::uuid as record_id
        union all select '${B}', record_id from copilot_internal.usage_requests
      ) as t`)
    await as(service)(
      `select is_estimated as estimated from copilot_internal.revise_${kind}_usage('${A}', 'r', ${kind === 'llm' ? 2000 : 600})`,
    ).resultsEq([{ estimated: kind === 'llm' }])
    await as(owner)`select count(*) as estimates from copilot_internal.quota_charge_estimates`.resultsEq([
      { estimates: 2 },
    ])
  })
})

describe('what a quota was charged for usage that has changed', () => {
  // Reported at 10:00 for 1 USD; it became 4 at 11:00, 3 at 12:00 and is changed once more at 13:00.
  const at = (hour: number, minute = 0) => `2026-02-01 ${hour}:${String(minute).padStart(2, '0')}+00`
  const changes = (tenant: string, id: string, costs: readonly number[], from = 11) =>
    costs
      .map(
        (cost, i) => `
      insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, changed_at, former)
      values ('${tenant}', 'llm', '${id}', 'revised', '${at(from + i)}', '{"total_cost_usd": ${cost}, "charged_at": "${at(10)}"}');`,
      )
      // The last first: nobody need have written them in their order.
      .reverse()
      .join('')

  test('since its report, or a change', async ({ as, session }) => {
    for (const [, since, charged] of [
      ['the report', at(10), 3],
      ['a moment after it', at(10, 1), 2],
      ['the first change', at(11), 2],
      ['a moment after that', at(11, 1), 0],
      ['the last change but one', at(12), 0],
      ['the last', at(13), 0],
    ] as const) {
      await session.query('savepoint one')

      // Later and dearer: the same id at another tenant, and another one.
      await session.run(changes(A, R1, [1, 4, 3]) + changes(B, R1, [7, 90], 14) + changes(A, R2, [8, 80], 14))
      await as(service)(`
      select trim_scale(copilot_internal.usage_charged_usd(jsonb_populate_record(null::copilot_internal.cost_quotas,
        '{"created_at": "${since}", "period_start": "2026-01-01"}'), '${A}', '${R1}')) as charged`).resultsEq(
        [{ charged }],
      )

      await session.query('rollback to savepoint one')
    }
  })

  test('since when it counts: it was made, and its first period had begun', async ({ as, session }) => {
    const [Q1, Q2] = [R1, R2]
    await session.run(`
      insert into copilot_internal.cost_quotas (id, scope, resource_type, limit_usd, period)
      values ('${Q1}', 'platform', 'llm', 1, 'day'), ('${Q2}', 'platform', 'e2b', 1, 'day');
      insert into copilot_internal.cost_quota_periods (quota_id, scope, resource_type, period, period_start, period_end, limit_usd, spent_usd)
      values ('${Q1}', 'platform', 'llm', 'day', '2026-01-05', '2026-01-06', 1, 1), ('${Q1}', 'platform', 'llm', 'day', '2026-01-07', '2026-01-08', 1, 1),
             ('${Q2}', 'platform', 'llm', 'day', '2026-01-01', '2026-01-02', 1, 1)`)
    const since = async (id: string, created: string, started: string) => {
      const [row] = await session.query(`
        select to_char(copilot_internal.quota_counts_since(jsonb_populate_record(null::copilot_internal.cost_quotas,
          '{"id": "${id}", "created_at": "${created}", "period_start": "${started}"}')), 'MM-DD') as day`)
      return row?.['day']
    }
    const NONE = '00000000-0000-4000-8000-00000000ffff'
    expect(await since(Q1, '2026-01-03', '2026-01-09')).toBe('01-05')
    expect(await since(Q1, '2026-01-06', '2026-01-09')).toBe('01-06')
    expect(await since(Q1, '2026-01-03', '2026-01-04')).toBe('01-04')
    expect(await since(NONE, '2026-01-03', '2026-01-09')).toBe('01-09')
    expect(await since(NONE, '2026-01-10', '2026-01-09')).toBe('01-10')
    await as(
      owner,
    )`select 1 as one from copilot_internal.cost_quota_periods where quota_id = ${Q2}`.resultsEq([{ one: 1 }])
  })
})

describe.each(kinds)('%s without a price, whose hold is charged', (kind) => {
  const unpriced = (more: string) =>
    report(kind, 'r', more).replace('gpt-4', 'in-house').replace('standard', 'mainframe')
  const hold = (given: Readonly<Record<string, string>> = {}) => {
    const all = {
      ...{ tenant_id: `'${A}'`, id: `'${R1}'`, resource_type: `'${kind}'`, amount_usd: '2' },
      ...{ expires_at: `now() + interval '1 hour'`, ...given },
    }
    return `insert into copilot_internal.quota_reservations (${Object.keys(all)}) values (${Object.values(all)});`
  }
  const quota = (scope: string, id: string, policy = 'charge_hold', of = 'all') => `
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
    values ('${scope}', ${id}, '${of}', 100, 'day', '${policy}');`
  const asked = (more = '') =>
    `select is_estimated from ${unpriced(`, reservation_id => '${R1}', user_id => '${acme.userId}'${more}`)}`
  const spent = `select trim_scale(sum(spent_usd)) as spent from copilot_internal.cost_quotas`

  test('by a quota that it concerns, and that charges holds', async ({ as, session }) => {
    for (const [, made, isCharged] of [
      ['the platform’s', quota('platform', 'null'), true],
      ['the tenant’s', quota('tenant', `'${A}'`), true],
      ['the user’s', quota('user', `'${acme.userId}'`), true],
      ['of this kind', quota('tenant', `'${A}'`, 'charge_hold', kind), true],
      ['of the other kind', quota('tenant', `'${A}'`, 'charge_hold', kind === 'llm' ? 'e2b' : 'llm'), false],
      ['another tenant’s', quota('tenant', `'${B}'`), false],
      ['another user’s', quota('user', `'${birch.userId}'`), false],
      ['a tenant’s of the user’s id', quota('tenant', `'${acme.userId}'`), false],
      ['a user’s of the tenant’s id', quota('user', `'${A}'`), false],
      ['one that allows', quota('tenant', `'${A}'`, 'allow'), false],
    ] as const) {
      await session.query('savepoint one')

      // Another one concerns it, too, and charges nothing; a third concerns nobody here, and would.
      await session.run(
        hold() +
          made +
          quota('platform', 'null', 'refuse_hold', kind) +
          quota('tenant', `'00000000-0000-4000-8000-00000000ffff'`),
      )
      await as(service)(asked()).resultsEq([{ is_estimated: isCharged }])
      await as(owner)(spent).resultsEq([{ spent: isCharged ? 2 : 0 }])

      await session.query('rollback to savepoint one')
    }
  })

  test('by a hold of its own that has not served', async ({ as, session }) => {
    for (const [, given, isCharged] of [
      ['is another tenant’s', { tenant_id: `'${B}'` }, false],
      ['is another one', { id: `'${R2}'` }, false],
      ['is of the other kind', { resource_type: kind === 'llm' ? `'e2b'` : `'llm'` }, false],
      ['has become a record', { closed_at: 'now()', record_id: `'${R2}'` }, false],
      [
        'was settled and has become a record',
        { closed_at: 'now()', settled_usd: '0', record_id: `'${R2}'` },
        false,
      ],
      ['was given back', { closed_at: 'now()' }, false],
      ['holds nothing', { amount_usd: '0' }, false],
      ['holds the least there is', { amount_usd: '0.000000000000000001' }, true],
      [
        'is over',
        { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` },
        true,
      ],
      ['is over, and was closed', { closed_at: 'now()', is_expired: 'true' }, true],
      ['was settled by nothing', { closed_at: 'now()', settled_usd: '0' }, true],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(given) + quota('tenant', `'${A}'`))
      await as(service)(asked()).resultsEq([{ is_estimated: isCharged }])
      await as(owner)`select count(*) as estimates from copilot_internal.quota_charge_estimates`.resultsEq([
        { estimates: isCharged ? 1 : 0 },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('what has a price is no estimate', async ({ as, session }) => {
    await session.run(hold() + quota('tenant', `'${A}'`))
    await as(service)(
      `select is_estimated from ${report(kind, 'r', `, reservation_id => '${R1}'`)}`,
    ).resultsEq([{ is_estimated: false }])
    await as(owner)(spent).resultsEq([{ spent: '0.03' }])
  })
})
