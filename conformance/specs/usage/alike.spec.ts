/**
 * Usage that has much in common with other usage, and is not taken for it: requests, records, changes and holds of the same name or
 * id at another tenant, of the other kind, or beside it.
 *
 * Method: rows that only a mistake or a removal by hand leaves behind are inserted, each with all but one thing in common.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, B, change, kinds, R1, R2, record, report, request } from './rows.ts'

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
    // The others first, in the table and not in an index: whoever takes any of that name takes one of these.
    await session.run('set local enable_indexscan = off')
    await session.query(`select ${report(kind, 'r').replace(A, B)}`)
    await session.query(`select ${report(kind, 's')}`)
    await session.query(`select ${report(other, 'r')}`)
    await session.query(`select ${report(kind, 'r')}`)
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

  test('is that of its tenant, whichever of two came first', async ({ as, session }) => {
    for (const tenants of [
      [A, B],
      [B, A],
    ] as const) {
      await session.query('savepoint one')

      for (const tenant of tenants) await session.query(`select ${report(kind, 'r').replace(A, tenant)}`)
      await as(service)(`select tenant_id from ${revise(`'r', ${size}`).replace(A, tenants[1])}`).resultsEq([
        { tenant_id: tenants[1] },
      ])

      await session.query('rollback to savepoint one')
    }
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
})
