/**
 * copilot_internal.void_usage — usage is taken back: its totals and charges are gone, its record stays readable.
 *
 * Method: one recorded request of each kind, before quotas of every kind; refunded by its request, or by the id of its record.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const kinds = [
  {
    kind: 'llm',
    records: 'llm_cost_records',
    record: (more = '') =>
      `copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, user_id => '${acme.userId}', task => 'planning' ${more})`,
    cost: '0.03',
  },
  {
    kind: 'e2b',
    records: 'e2b_cost_records',
    record: (more = '') =>
      `copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300, user_id => '${acme.userId}', conversation_id => 'chat-1' ${more})`,
    cost: '0.03',
  },
] as const

const VIEWS = [
  'cost_summary_by_tenant',
  'cost_summary_by_model',
  'cost_summary_by_task',
  'e2b_cost_summary_by_tenant',
  'e2b_cost_summary_by_tier',
  'e2b_cost_summary_by_conversation',
  'combined_cost_summary_by_tenant',
]
const spent = `select max(spent_usd) = min(spent_usd) as alike, trim_scale(max(spent_usd)) as most from copilot_internal.cost_quotas`
const NOTHING = [{ alike: true, most: 0 }]

describe.each(kinds)('$kind', ({ kind, records, record, cost }) => {
  const voided = (usage: string, reason = 'null') =>
    `select copilot_internal.void_usage('${acme.tenantId}', '${kind}', '${usage}', ${reason}) as done`
  const done = [{ done: true }]

  test('by its request, the totals of all views and quotas are net of it', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await as(service)(voided('req-1')).resultsEq(done)
    for (const view of VIEWS) await as(owner)(`select 1 from copilot_internal.${view}`).isEmpty()
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('by the id of its record, with a request or without', async ({ as, session }) => {
    for (const request of ['null', `'req-1'`]) {
      const [row] = await session.query(`select id from ${record(`, request_id => ${request}`)}`)
      await as(service)(voided(row?.['id'] ?? '')).resultsEq(done)
    }
    await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('what else was used stays', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await session.query(`select ${record(`, request_id => 'req-2'`)}`)
    await as(service)(voided('req-1')).resultsEq(done)
    await as(owner)(`select request_id from copilot_internal.${records}`).resultsEq([{ request_id: 'req-2' }])
    await as(owner)(spent).resultsEq([{ alike: false, most: cost }])
  })

  test('twice is once, by either name', async ({ as, session }) => {
    const [row] = await session.query(`select id from ${record(`, request_id => 'req-1'`)}`)
    await as(service)(voided('req-1')).resultsEq(done)
    for (const name of ['req-1', row?.['id'] ?? '']) {
      await as(service)(voided(name, `'again'`)).resultsEq([{ done: false }])
    }
    await as(owner)(spent).resultsEq(NOTHING)
    await as(owner)`select reason from copilot_internal.usage_changes`.resultsEq([{ reason: null }])
  })

  test('record, reason, time and who stay readable', async ({ as, session }) => {
    const [before] = await session.query(
      `select to_jsonb(r) as record, (to_jsonb(r) ->> 'id') as id from ${record(`, request_id => 'req-1'`)} as r`,
    )
    await as(service)(voided('req-1', `'refund'`)).resultsEq(done)
    await as(owner)`
      select former = ${before?.['record']}::jsonb as as_it_was, record_id, request_id, change, resource_type, reason, changed_by,
             changed_at between now() and clock_timestamp() as dated
      from copilot_internal.usage_changes`.resultsEq([
      {
        as_it_was: true,
        record_id: before?.['id'],
        request_id: 'req-1',
        change: 'voided',
        resource_type: kind,
        reason: 'refund',
        changed_by: 'service_role',
        dated: true,
      },
    ])
  })

  test('reported again, a voided request is answered and charges nothing', async ({ as, session }) => {
    const first = await session.query(`select id, total_cost_usd from ${record(`, request_id => 'req-1'`)}`)
    await session.query(voided('req-1'))
    await as(service)(`select id, total_cost_usd from ${record(`, request_id => 'req-1'`)}`).resultsEq(first)
    await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('a record that was revised before is voided at what it cost last', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await session.query(`select copilot_internal.revise_${kind}_usage('${acme.tenantId}', 'req-1', 7)`)
    await as(service)(voided('req-1')).resultsEq(done)
    await as(owner)(spent).resultsEq(NOTHING)
    await as(owner)`
      select change from copilot_internal.usage_changes order by (change = 'voided')`.resultsEq([
      { change: 'revised' },
      { change: 'voided' },
    ])
  })

  test('usage of a closed period is credited to the current one', async ({ as, session }) => {
    await session.query(
      `select ${record(`, request_id => 'req-1', recorded_at => now() - interval '70 days'`)}`,
    )
    await session.run(`
      update copilot_internal.cost_quotas
      set period_anchor = now() - interval '70 days', period_start = now() - interval '70 days',
          period_end = now() - interval '40 days';
      update copilot_internal.cost_quotas set spent_usd = 0.03 where scope_id is distinct from '${birch.tenantId}'
        and resource_type in ('all', '${kind}')`)
    await as(service)(voided('req-1')).resultsEq(done)
    await as(owner)`
      select distinct trim_scale(q.spent_usd) as now, q.period_end > now() as current, trim_scale(p.spent_usd) as closed
      from copilot_internal.cost_quotas as q
      join copilot_internal.cost_quota_periods as p
        on (p.scope, p.resource_type) = (q.scope, q.resource_type) and p.scope_id is not distinct from q.scope_id
      where p.spent_usd <> 0`.resultsEq([{ now: `-${cost}`, current: true, closed: cost }])
  })

  test('a quota that was made since is given back nothing', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await session.run(`
      update copilot_internal.cost_quotas set created_at = now() + interval '1 second' where scope = 'user';
      update copilot_internal.cost_quotas set spent_usd = 0 where scope = 'user'`)
    await as(service)(voided('req-1')).resultsEq(done)
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('a quota that was made since is given back what it was charged since', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await session.run(`
      update copilot_internal.cost_quotas set created_at = now() + interval '1 microsecond' where scope = 'user';
      update copilot_internal.cost_quotas set spent_usd = 0 where scope = 'user'`)
    await session.query(`select copilot_internal.revise_${kind}_usage('${acme.tenantId}', 'req-1', 2000)`)
    await as(service)(voided('req-1')).resultsEq(done)
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('what was inserted by hand was charged to nobody', async ({ as, session }) => {
    const [made] = await session.query(`select id from ${record()}`)
    await session.run(`
      create temporary table copied as select * from copilot_internal.${records};
      delete from copilot_internal.${records};
      update copied set charged_at = null;
      insert into copilot_internal.${records} select * from copied;
      update copilot_internal.cost_quotas set spent_usd = 0`)
    await as(service)(voided(made?.['id'] ?? '')).resultsEq(done)
    await as(owner)(spent).resultsEq(NOTHING)
  })

  test('a credit makes room for as much', async ({ as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await session.run(`update copilot_internal.cost_quotas set limit_usd = spent_usd where scope = 'tenant'`)
    const room = `select copilot_internal.check_quota('tenant', '${acme.tenantId}', '${kind}', ${cost}) as room`
    await as(service)(room).resultsEq([{ room: false }])
    await session.query(voided('req-1'))
    await as(service)(room).resultsEq([{ room: true }])
  })

  test('an adopted record is taken back at its costs', async ({ as, session }) => {
    await session.run(
      kind === 'llm'
        ? `insert into copilot_internal.llm_cost_records
             (tenant_id, id, provider, model, input_tokens, output_tokens, output_cost_usd, total_cost_usd, is_adopted)
           values ('${acme.tenantId}', '00000000-0000-4000-8000-000000000001', 'p', 'm', 1, 1, 5, 5, true)`
        : `insert into copilot_internal.e2b_cost_records
             (tenant_id, id, tier, region, execution_time_seconds, execution_cost_usd, total_cost_usd, is_adopted)
           values ('${acme.tenantId}', '00000000-0000-4000-8000-000000000001', 't', 'r', 1, 5, 5, true)`,
    )
    await as(service)(voided('00000000-0000-4000-8000-000000000001')).resultsEq(done)
    await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
  })

  test('a request may be named like the id of another record', async ({ as, session }) => {
    const [other] = await session.query(`select id from ${record()}`)
    await session.query(`select ${record(`, request_id => '${other?.['id']}'`)}`)
    await as(service)(voided(other?.['id'] ?? '')).resultsEq(done)
    expect(await session.query(`select id from copilot_internal.${records}`)).toEqual([other])
  })

  test.for([
    ['another tenant', `'${birch.tenantId}', '${kind}', 'req-1'`, 'QT008'],
    ['another kind', `'${acme.tenantId}', '${kind === 'llm' ? 'e2b' : 'llm'}', 'req-1'`, 'QT008'],
    ['a request that was never recorded', `'${acme.tenantId}', '${kind}', 'req-2'`, 'QT008'],
    ['a record that was never there', `'${acme.tenantId}', '${kind}', gen_random_uuid()::text`, 'QT008'],
    ['an unknown kind', `'${acme.tenantId}', 'all', 'req-1'`, '22023'],
    ['no tenant', `null, '${kind}', 'req-1'`, '22004'],
    ['no kind', `'${acme.tenantId}', null, 'req-1'`, '22004'],
    ['no name', `'${acme.tenantId}', '${kind}', null`, '22004'],
  ] as const)('for %s it is refused, and nothing is credited', async ([, args, code], { as, session }) => {
    await session.query(`select ${record(`, request_id => 'req-1'`)}`)
    await as(service)(`select copilot_internal.void_usage(${args})`).throwsOk(code, {
      detail: /./,
      hint: /./,
    })
    await as(owner)(`select count(*) as records from copilot_internal.${records}`).resultsEq([{ records: 1 }])
    await as(owner)(spent).resultsEq([{ alike: false, most: cost }])
  })
})
