/**
 * copilot_internal.usage_requests — a request is recorded once, and its usage is never lost.
 *
 * Method: both kinds of usage, recorded as the platform does, against quotas of every kind.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import type { Notice } from '../../engines/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const HOLD = '00000000-0000-4000-8000-000000000001'

const kinds = [
  {
    kind: 'llm',
    records: 'llm_cost_records',
    cost: '0.03',
    record: (more: string) =>
      `select id is not null as recorded, trim_scale(total_cost_usd) as cost
       from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, ${more})`,
  },
  {
    kind: 'e2b',
    records: 'e2b_cost_records',
    cost: '0.03',
    record: (more: string) =>
      `select id is not null as recorded, trim_scale(total_cost_usd) as cost
       from copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300, ${more})`,
  },
] as const

const spent = `select trim_scale(max(spent_usd)) as spent from copilot_internal.cost_quotas`
const hold = (tenant: string, kind: string) => `
  insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
  values ('${tenant}', '${HOLD}', '${kind}', 1, now() + interval '1 hour')`
const open = `select count(*) as open from copilot_internal.quota_reservations where closed_at is null`

describe.each(kinds)('$kind', ({ kind, records, cost, record }) => {
  const other = kind === 'llm' ? 'e2b' : 'llm'

  test('a request whose record was removed is recorded anew, once', async ({ as, session }) => {
    await as(service)(record(`request_id => 'req-1'`)).resultsEq([{ recorded: true, cost }])
    await session.run(`delete from copilot_internal.${records}`)
    for (const _ of ['anew', 'again']) {
      await as(service)(record(`request_id => 'req-1'`)).resultsEq([{ recorded: true, cost }])
    }
    await as(owner)(`
      select count(*) as records from copilot_internal.${records} as r
      join copilot_internal.usage_requests as u on (u.tenant_id, u.request_id, u.record_id) = (r.tenant_id, r.request_id, r.id)`).resultsEq(
      [{ records: 1 }],
    )
    await as(owner)(spent).resultsEq([{ spent: '0.06' }])
  })

  test('a request is known by its name, whatever becomes of its time', async ({ as }) => {
    for (const at of ['now()', `now() - interval '1 second'`, `now() - interval '400 days'`]) {
      await as(service)(record(`request_id => 'req-1', recorded_at => ${at}`)).resultsEq([
        { recorded: true, cost },
      ])
    }
    await as(owner)(`select count(*) as records from copilot_internal.${records}`).resultsEq([{ records: 1 }])
    await as(owner)(spent).resultsEq([{ spent: cost }])
  })

  test('nor does it depend on its user, its conversation or its metadata', async ({ as }) => {
    for (const more of [
      '',
      `, user_id => '${acme.userId}'`,
      `, conversation_id => 'chat-1'`,
      `, metadata => '{"a": 1}'`,
    ]) {
      await as(service)(record(`request_id => 'req-1' ${more}`)).resultsEq([{ recorded: true, cost }])
    }
    await as(owner)(spent).resultsEq([{ spent: cost }])
  })

  test('one hold is given back by a request that is reported again', async ({ as, session }) => {
    await as(service)(record(`request_id => 'req-1'`)).livesOk()
    await session.run(hold(acme.tenantId, kind))
    await as(service)(record(`request_id => 'req-1', reservation_id => '${HOLD}'`)).livesOk()
    await as(owner)(open).resultsEq([{ open: 0 }])
    await as(owner)(spent).resultsEq([{ spent: cost }])
  })

  test.for([
    ['of another tenant', birch.tenantId, kind],
    ['of another kind', acme.tenantId, other],
  ] as const)('a hold %s stays open, and the usage is recorded', async ([, tenant, of], { as, session }) => {
    await session.run(hold(tenant, of))
    await as(service)(record(`reservation_id => '${HOLD}'`)).resultsEq([{ recorded: true, cost }])
    await as(owner)(open).resultsEq([{ open: 1 }])
  })

  test('a hold whose time is over, or that is not there, is no obstacle', async ({ as, session }) => {
    await session.run(hold(acme.tenantId, kind))
    await session.run(
      `update copilot_internal.quota_reservations set created_at = now() - interval '1 hour', expires_at = now()`,
    )
    await as(service)(record(`reservation_id => '${HOLD}'`)).resultsEq([{ recorded: true, cost }])
    await as(owner)(open).resultsEq([{ open: 0 }])
    await as(service)(record(`reservation_id => gen_random_uuid()`)).resultsEq([{ recorded: true, cost }])
  })

  test('a hold that was closed before keeps its time', async ({ as, session }) => {
    await session.run(hold(acme.tenantId, kind))
    await session.run(`update copilot_internal.quota_reservations set closed_at = '2026-01-05'`)
    await as(service)(record(`reservation_id => '${HOLD}'`)).livesOk()
    await as(owner)`
      select closed_at = '2026-01-05' as kept from copilot_internal.quota_reservations`.resultsEq([
      { kept: true },
    ])
  })

  test('a hold of the same id at another tenant stays open', async ({ as, session }) => {
    for (const tenant of [acme.tenantId, birch.tenantId]) await session.run(hold(tenant, kind))
    await as(service)(record(`reservation_id => '${HOLD}'`)).livesOk()
    await as(owner)`
      select tenant_id from copilot_internal.quota_reservations where closed_at is null`.resultsEq([
      { tenant_id: birch.tenantId },
    ])
  })

  test.for([
    [`request_id => ''`, /request_id must not be blank/],
    [`request_id => '  '`, /request_id must not be blank/],
    [`request_id => repeat('x', 1001)`, /1000 bytes at most/],
    [`conversation_id => repeat('漢', 334)`, /1000 bytes at most/],
    [`recorded_at => 'infinity'`, /must be finite/],
    [`recorded_at => '-infinity'`, /must be finite/],
  ] as const)('(%s) is refused, and nothing is charged', async ([more, message], { as }) => {
    await as(service)(record(more)).throwsOk('22023', { message, detail: /Got/, hint: /Pass/ })
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('long names, of what does not compress, are recorded', async ({ as }) => {
    const noise = Array.from({ length: 30 }, () => crypto.randomUUID().replaceAll('-', '')).join('')
    await as(service)(record(`request_id => '${noise}', conversation_id => '${noise}'`)).livesOk()
    await as(service)(
      record(`request_id => repeat('y', 1000), conversation_id => repeat('漢', 333)`),
    ).livesOk()
    await as(service)(record(`request_id => $1`), `it's "quoted"; -- \\`).livesOk()
    await as(owner)(`select count(*) from copilot_internal.${records}`).resultsEq([{ count: 3 }])
  })

  test('the time zone of the session changes no time and no price', async ({ as, session }) => {
    await session.run(`set local timezone = 'America/New_York'`)
    // The hour that is passed twice that night, told apart by its offset.
    for (const at of ['2026-11-01 01:30-04', '2026-11-01 01:30-05']) {
      await as(service)(record(`recorded_at => '${at}'`)).resultsEq([{ recorded: true, cost }])
    }
    await as(owner)(
      `select to_char(recorded_at at time zone 'UTC', 'HH24:MI') as utc from copilot_internal.${records} order by 1`,
    ).resultsEq([{ utc: '05:30' }, { utc: '06:30' }])
  })
})

describe('the same request with other numbers', () => {
  const MESSAGE = 'Request req-1 was recorded before with other numbers; the first record stands.'
  const call = (numbers: string) =>
    `select copilot_internal.record_llm_usage('${acme.tenantId}', ${numbers}, request_id => 'req-1')`
  const run = (numbers: string) =>
    `select copilot_internal.record_e2b_usage('${acme.tenantId}', ${numbers}, request_id => 'req-1')`

  test.for([
    `'openai', 'gpt-4', 1001, 500`,
    `'openai', 'gpt-4', 1000, 501`,
    `'openai', 'gpt-4o', 1000, 500`,
    `'azure', 'gpt-4', 1000, 500`,
    `'openai', 'gpt-4', 1000, 500, cached_input_tokens => 1`,
    `'openai', 'gpt-4', 1000, 500, cache_write_5m_tokens => 1`,
    `'openai', 'gpt-4', 1000, 500, cache_write_1h_tokens => 1`,
    `'openai', 'gpt-4', 1000, 500, is_batch => true`,
  ])('raises a warning: (%s)', async (numbers, { as, session }) => {
    await session.query(call(`'openai', 'gpt-4', 1000, 500`))
    await as(service)(call(numbers)).raisesNotices([MESSAGE])
  })

  test.for([
    `'standard', 'us-east-1', 301, 1, 2, 3`,
    `'standard', 'us-east-1', 300, 2, 2, 3`,
    `'standard', 'us-east-1', 300, 1, 3, 3`,
    `'standard', 'us-east-1', 300, 1, 2, 4`,
    `'gpu', 'us-east-1', 300, 1, 2, 3`,
    `'standard', 'eu-west-1', 300, 1, 2, 3`,
  ])('raises a warning: (%s)', async (numbers, { as, session }) => {
    await session.query(run(`'standard', 'us-east-1', 300, 1, 2, 3`))
    await as(service)(run(numbers)).raisesNotices([MESSAGE])
  })

  test('with the same numbers nobody is warned', async ({ as, session }) => {
    await session.query(call(`'openai', 'gpt-4', 1000, 500`))
    await session.query(run(`'standard', 'us-east-1', 1.0000001`))
    await as(service)(call(`'openai', 'gpt-4', 1000, 500, is_batch => false`)).raisesNotices([])
    await as(service)(run(`'standard', 'us-east-1', 1, 0`)).raisesNotices([])
  })

  test('the warning holds both, and says what to do', async ({ session }) => {
    const notices: Notice[] = []
    await session.query(call(`'openai', 'gpt-4', 1000, 500`))
    const stop = session.onNotice((notice) => notices.push(notice))
    await session.query(call(`'openai', 'gpt-4', 777, 55, cached_input_tokens => 3`))
    stop()
    expect(notices).toEqual([
      {
        severity: 'WARNING',
        message: MESSAGE,
        detail: 'Recorded: (openai,gpt-4,1000,500,0,0,0,f). Reported now: (openai,gpt-4,777,55,3,0,0,f).',
        hint: 'To replace what was recorded, call copilot_internal.revise_llm_usage.',
      },
    ])
  })

  test('one that was voided is warned of, too', async ({ as, session }) => {
    await session.query(call(`'openai', 'gpt-4', 1000, 500`))
    await session.query(`select copilot_internal.void_usage('${acme.tenantId}', 'llm', 'req-1')`)
    await as(service)(call(`'openai', 'gpt-4', 1, 1`)).raisesNotices([MESSAGE])
  })

  test('of one that was revised, the last numbers count', async ({ as, session }) => {
    await session.query(call(`'openai', 'gpt-4', 1000, 500`))
    await session.query(`select copilot_internal.revise_llm_usage('${acme.tenantId}', 'req-1', 2000)`)
    await as(service)(call(`'openai', 'gpt-4', 2000, 500`)).raisesNotices([])
    await as(service)(call(`'openai', 'gpt-4', 1000, 500`)).raisesNotices([MESSAGE])
  })
})

describe('what one call stores', () => {
  test('an LLM call of 10^15 tokens, and one of 1, to the last digit', async ({ as }) => {
    const cost = (input: string, output: string) =>
      as(service)(`
        select input_cost_usd, output_cost_usd, total_cost_usd
        from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-5-nano', ${input}, ${output})`)
    await cost('1', '0').resultsEq([
      {
        input_cost_usd: '0.000000050000000000',
        output_cost_usd: '0.000000000000000000',
        total_cost_usd: '0.000000050000000000',
      },
    ])
    await cost('1000000000000000', '1000000000000001').resultsEq([
      {
        input_cost_usd: '50000000.000000000000000000',
        output_cost_usd: '400000000.000000400000000000',
        total_cost_usd: '450000000.000000400000000000',
      },
    ])
  })

  test('an LLM call says which of its figures is an estimate', async ({ as }) => {
    await as(service)(
      `select is_estimated from copilot_internal.record_llm_usage(
         '${acme.tenantId}', 'openai', 'gpt-4', 1, 1, is_estimated => true)`,
    ).resultsEq([{ is_estimated: true }])
  })

  test('a sandbox run keeps every metric beside the one that is its own', async ({ as, session }) => {
    await session.run(
      `update copilot_internal.e2b_pricing
       set price_per_second = 1, price_per_cpu_core_second = 10, price_per_gb_memory_second = 100, price_per_gb_disk_io = 1000
       where tier = 'gpu'`,
    )
    await as(service)(
      `select execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, trim_scale(execution_cost_usd) as execution,
              trim_scale(resource_cost_usd) as resource, trim_scale(price_per_second) as second,
              trim_scale(price_per_cpu_core_second) as core, trim_scale(price_per_gb_memory_second) as memory,
              trim_scale(price_per_gb_disk_io) as disk, conversation_id, metadata, status, user_id, region
       from copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 2, 3, 5, 7, user_id => '${acme.userId}',
         conversation_id => 'chat-1', metadata => '{"a": 1}')`,
    ).resultsEq([
      {
        execution_time_seconds: '2.000000',
        cpu_core_seconds: '3.000000',
        memory_gb_seconds: '5.000000',
        disk_io_gb: '7.000000',
        execution: 2,
        resource: 7530,
        second: 1,
        core: 10,
        memory: 100,
        disk: 1000,
        conversation_id: 'chat-1',
        metadata: '{"a": 1}',
        status: 'completed',
        user_id: acme.userId,
        region: 'us-east-1',
      },
    ])
    await as(owner)(spent).resultsEq([{ spent: 7532 }])
  })

  test.for([
    ['0.0000005', '0.000001'],
    ['0.0000004', '0.000000'],
  ] as const)('%s seconds are kept as %s, and metrics not measured as 0', async ([seconds, kept], { as }) => {
    await as(service)(
      `select execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb
       from copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', ${seconds})`,
    ).resultsEq([
      {
        execution_time_seconds: kept,
        cpu_core_seconds: '0.000000',
        memory_gb_seconds: '0.000000',
        disk_io_gb: '0.000000',
      },
    ])
  })
})
