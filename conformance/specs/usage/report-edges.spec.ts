/**
 * Reports at their edges: what is taken and what is refused, alone and in a batch, and which of several a hold serves.
 *
 * Method: reports that differ in one thing; quantities that are all different, so that none can stand for another.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import type { Notice } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'

const A = acme.tenantId
const R1 = '00000000-0000-4000-8000-000000000001'
const LLM = {
  ...{ tenant_id: A, provider: 'openai', model: 'gpt-5', input_tokens: 1000, output_tokens: 50 },
  ...{ cached_input_tokens: 300, cache_write_5m_tokens: 200, cache_write_1h_tokens: 100, is_batch: false },
}
const E2B = {
  ...{ tenant_id: A, tier: 'standard', region: 'us-east-1', execution_time_seconds: 300 },
  ...{ cpu_core_seconds: 1, memory_gb_seconds: 2, disk_io_gb: 3 },
}
const kinds = [
  ['llm', LLM, { model: 'in-house' }, 'input_tokens'],
  ['e2b', E2B, { tier: 'mainframe' }, 'execution_time_seconds'],
] as const
type Report = Readonly<Record<string, unknown>>

const batch = (kind: string, ...reports: readonly Report[]) =>
  `select * from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(reports)}')`
const single = (kind: string, report: Report) =>
  `select * from copilot_internal.record_${kind}_usage(${Object.entries(report)
    .map(([name, value]) => `${name} => ${value === null ? 'null' : `'${value}'`}`)
    .join(', ')})`

describe.each(kinds)('%s', (kind, report, unpriced, quantity) => {
  test('a request again, with the same numbers, all different, warns nobody', async ({ as }) => {
    for (const call of [single, batch, single, batch])
      await as(service)(call(kind, { ...report, request_id: 'r' })).raisesNotices([])
  })

  test('the warning of other numbers holds both, in one order', async ({ session }) => {
    const notices: Notice[] = []
    await session.query(single(kind, { ...report, request_id: 'r' }))
    const stop = session.onNotice((notice) => notices.push(notice))
    await session.query(single(kind, { ...report, [quantity]: 700, request_id: 'r' }))
    stop()
    const shown = Object.entries(report)
      .slice(1)
      .map(([, value]) => (value === false ? 'f' : value))
    const scaled = (values: readonly unknown[]) =>
      `(${values.map((value) => (kind === 'e2b' && typeof value === 'number' ? value.toFixed(6) : value)).join(',')})`
    const now = shown.map((value) => (value === report[quantity as keyof typeof report] ? 700 : value))
    expect(notices).toEqual([
      {
        severity: 'WARNING',
        message: 'Request r was recorded before with other numbers; the first record stands.',
        detail: `Recorded: ${scaled(shown)}. Reported now: ${scaled(now)}.`,
        hint: `To replace what was recorded, call copilot_internal.revise_${kind}_usage.`,
      },
    ])
  })

  test('what a batch knows is what a single call takes, in its order', async ({ as, session }) => {
    const [names] = await session.query(`
      select string_agg(name, ', ' order by n) as names from pg_proc, unnest(proargnames) with ordinality as a (name, n)
      where proname = 'record_${kind}_usage'`)
    const known = { hint: `Known are ${names?.['names']}.` }
    for (const [bad, what] of [
      [{ ...report, colour: 1 }, `Record 2 of 3: unknown key 'colour'.`],
      [7, 'Record 2 of 3: it is no JSON object.'],
    ] as const)
      await as(service)(batch(kind, report, bad as Report, { ...report, taste: 1 })).throwsOk('22023', {
        message: what,
        ...known,
      })
    // Of what cannot be read at all.
    await as(service)(batch(kind, report, { ...report, recorded_at: 'soon' })).throwsOk('22007', known)
  })

  test('a batch that is no array is refused', async ({ as }) => {
    for (const [given, code, message] of [
      ['null', '22004', 'records must not be NULL.'],
      [`'{}'`, '22023', 'records must be a JSON array.'],
      [`'7'`, '22023', 'records must be a JSON array.'],
    ] as const) {
      await as(service)(`select copilot_internal.record_${kind}_usage_batch(${given})`).throwsOk(code, {
        message,
      })
    }
  })

  const bad = {
    llm: [
      ...[
        'tenant_id',
        'provider',
        'model',
        'input_tokens',
        'output_tokens',
        'recorded_at',
        'is_estimated',
        'metadata',
      ].map((name) => [name, null, '22004']),
      ...['cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'].map((name) => [
        name,
        null,
        '22004',
      ]),
      ...[
        'input_tokens',
        'output_tokens',
        'cached_input_tokens',
        'cache_write_5m_tokens',
        'cache_write_1h_tokens',
      ].map((name) => [name, -1, '22023']),
      ...['cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens'].map((name) => [
        name,
        1000,
        '22023',
      ]),
    ],
    e2b: [
      ...['tenant_id', 'tier', 'region', 'execution_time_seconds', 'status', 'recorded_at', 'metadata'].map(
        (name) => [name, null, '22004'],
      ),
      ...['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'].map((name) => [
        name,
        -1,
        '22023',
      ]),
      ...['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'].map((name) => [
        name,
        'NaN',
        '22023',
      ]),
      ['status', 'done', '23514'],
    ],
  }[kind] as unknown as (readonly [string, unknown, string])[]
  const both = [
    ['metadata', '[]', '22023'],
    ['metadata', '"text"', '22023'],
    ['request_id', '', '22023'],
    ['recorded_at', 'infinity', '22023'],
  ] as const
  test('what no report can have is refused, in a batch by its position', async ({ as }) => {
    for (const [name, value, code] of [...bad, ...both]) {
      const one = { ...report, [name]: value }
      await as(service)(single(kind, one)).throwsOk(code)
      const inBatch =
        name === 'metadata' && value !== null ? { ...report, metadata: JSON.parse(String(value)) } : one
      await as(service)(batch(kind, report, inBatch, report)).throwsOk(code, { message: /^Record 2 of 3: / })
    }
    await as(owner)(`select id from copilot_internal.${kind}_cost_records`).isEmpty()
  })

  test('a batch is recorded in the order of its reports, each with its own', async ({ as, session }) => {
    const many = Array.from({ length: 10 }, (_, i) => ({
      ...report,
      [quantity]: 700 + ((i * 7) % 10),
      request_id: `r${i}`,
    }))
    await as(service)(
      `select request_id as request, ${quantity}::integer as size from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(many)}')`,
    ).resultsEq(
      many.map((one) => ({ request: one.request_id, size: Number(one[quantity as keyof typeof one]) })),
    )
    const [request] = await session.query(`
      select count(*) as right from copilot_internal.usage_requests as u join copilot_internal.${kind}_cost_records as r on r.id = u.record_id
      where r.request_id = u.request_id and r.tenant_id = u.tenant_id`)
    expect(request).toEqual({ right: '10' })
  })

  test('what is reported within a transaction bears its time', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
      values ('${A}', '${R1}', '${kind}', 2, now() + interval '1 hour');
      select pg_sleep(0.001)`)
    const times = (call: string) =>
      `select recorded_at = now() as recorded, charged_at = now() as charged from (${call}) as r`
    for (const call of [single, batch])
      await as(service)(times(call(kind, { ...report, reservation_id: R1 }))).resultsEq([
        { recorded: true, charged: true },
      ])
    await as(owner)`select closed_at = now() as closed from copilot_internal.quota_reservations`.resultsEq([
      { closed: true },
    ])
  })

  test('names have 1000 bytes at most, and 1000 are taken', async ({ as }) => {
    for (const name of ['request_id', 'conversation_id']) {
      await as(service)(single(kind, { ...report, [name]: 'x'.repeat(1000) })).livesOk()
      await as(service)(single(kind, { ...report, [name]: 'x'.repeat(1001) })).throwsOk('22023', {
        message: 'request_id and conversation_id must have 1000 bytes at most.',
      })
    }
  })

  test('requests of a batch are noted in the order of their names', async ({ as, session }) => {
    await session.run(`
      create table public.noted (n integer generated always as identity, request_id text);
      create function public.note() returns trigger language plpgsql as $$
        begin insert into public.noted (request_id) values (new.request_id); return null; end $$;
      create trigger note after insert on copilot_internal.usage_requests for each row execute function public.note()`)
    const names = ['d', 'b', 'e', 'a', 'c']
    await session.query(batch(kind, ...names.map((name) => ({ ...report, request_id: name }))))
    await as(owner)`select string_agg(request_id, '' order by n) as noted from public.noted`.resultsEq([
      { noted: 'abcde' },
    ])
  })

  describe('a hold serves the first that names it', () => {
    const HOLD = `
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
      values ('tenant', '${A}', 'all', 100, 'day', 'charge_hold');
      insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
      values ('${A}', '${R1}', '${kind}', 2, now() + interval '1 hour')`
    const held = (name: string, more: Report = {}) => ({
      ...report,
      ...unpriced,
      request_id: name,
      reservation_id: R1,
      ...more,
    })
    const estimates = (...reports: readonly Report[]) =>
      `select request_id as request, is_estimated as estimated from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(reports)}')`
    const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`

    test('of two without a price', async ({ as, session }) => {
      await session.run(HOLD)
      await as(service)(estimates(held('a'), held('b'))).resultsEq([
        { request: 'a', estimated: true },
        { request: 'b', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 2 }])
    })

    test('of two, though the second is known', async ({ as, session }) => {
      await session.run(HOLD)
      await session.query(single(kind, held('known', { reservation_id: null })))
      await as(service)(estimates(held('a'), held('known'))).resultsEq([
        { request: 'a', estimated: true },
        { request: 'known', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 2 }])
    })

    test('though that is known, and the other new', async ({ as, session }) => {
      await session.run(HOLD)
      await session.query(single(kind, held('known', { reservation_id: null })))
      await as(service)(estimates(held('known'), held('a'))).resultsEq([
        { request: 'known', estimated: false },
        { request: 'a', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 0 }])
      await as(owner)(`
        select h.record_id = u.record_id as known, h.closed_at is not null as closed from copilot_internal.quota_reservations as h
        join copilot_internal.usage_requests as u on u.request_id = 'known'`).resultsEq([
        { known: true, closed: true },
      ])
    })

    test('of many', async ({ as, session }) => {
      await session.run(HOLD)
      const many = Array.from({ length: 20 }, (_, i) => held(`r${(i * 7) % 20}`))
      await session.query(batch(kind, ...many))
      await as(owner)`
        select u.request_id as first from copilot_internal.quota_reservations as h join copilot_internal.usage_requests as u using (record_id)`.resultsEq(
        [{ first: 'r0' }],
      )
    })

    test('though that has a price', async ({ as, session }) => {
      await session.run(HOLD)
      await as(service)(estimates({ ...report, reservation_id: R1, request_id: 'a' }, held('b'))).bagHas([
        { request: 'b', estimated: false },
      ])
      await as(owner)`select record_id from copilot_internal.quota_charge_estimates`.isEmpty()
    })
  })
})

describe('a sandbox run', () => {
  test('may be running, paused, completed, failed, timed out or killed', async ({ as, session }) => {
    for (const status of ['running', 'paused', 'completed', 'failed', 'timed_out', 'killed']) {
      await session.query('savepoint one')

      await as(service)(`select status from (${single('e2b', { ...E2B, status })}) as r`).resultsEq([
        { status },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('of no time and no metrics is one', async ({ as }) => {
    const nothing = { execution_time_seconds: 0, cpu_core_seconds: 0, memory_gb_seconds: 0, disk_io_gb: 0 }
    await as(service)(single('e2b', { ...E2B, ...nothing })).livesOk()
  })

  test('has no metric that is negative, be it less than what is kept', async ({ as }) => {
    for (const metric of ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb']) {
      await as(service)(single('e2b', { ...E2B, [metric]: '-0.0000001' })).throwsOk('22023', {
        message: 'Usage must be a finite number, 0 or more.',
      })
      await as(service)(single('e2b', { ...E2B, [metric]: 'Infinity' })).throwsOk('22023', {
        message: 'Usage must be a finite number, 0 or more.',
      })
    }
  })

  test('that is revised may have no metric that is infinite or no number', async ({ as, session }) => {
    await session.query(single('e2b', { ...E2B, request_id: 'r' }))
    for (const metric of ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'])
      for (const value of ['Infinity', 'NaN', '-1'])
        await as(service)(
          `select copilot_internal.revise_e2b_usage('${A}', 'r', ${metric} => '${value}')`,
        ).throwsOk('22023', {
          message: 'Usage must be a finite number, 0 or more.',
        })
    await as(service)(
      `select copilot_internal.revise_e2b_usage('${A}', 'r', 1, cpu_core_seconds => 'Infinity')`,
    ).throwsOk('22023', { message: 'Usage must be a finite number, 0 or more.' })
  })
})

test('an LLM call may be all cache', async ({ as }) => {
  await as(service)(single('llm', { ...LLM, input_tokens: 600 })).livesOk()
  await as(service)(single('llm', { ...LLM, input_tokens: 599 })).throwsOk('22023')
  await as(service)(
    single('llm', {
      ...LLM,
      input_tokens: 0,
      output_tokens: 0,
      cached_input_tokens: 0,
      cache_write_5m_tokens: 0,
      cache_write_1h_tokens: 0,
    }),
  ).livesOk()
})
