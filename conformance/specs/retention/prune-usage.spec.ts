/**
 * copilot_internal.prune_usage — what is history goes, what is needed stays, and nothing of the totals is lost.
 *
 * Method: a history of one tenant around the first of March 2026, reported when it was used. Rows that no function writes with an old date are inserted
 * with one. What a call changes is seen by comparing every row of every table it could touch.
 */
import { acme, birch, owner, service, visitor } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

const HISTORY = `
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 500, 'old', task => 'planning',
    recorded_at => '2026-02-01 10:00+00');
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-99', 10, 5, 'old and unpriced',
    recorded_at => '2026-02-28 23:59:59.999999+00');
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 500, 'young', task => 'planning',
    recorded_at => '2026-03-01 00:00+00');
  select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300, request_id => 'old',
    conversation_id => 'c-1', recorded_at => '2026-02-01 10:00+00');
  select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300, request_id => 'young',
    conversation_id => 'c-1', recorded_at => '2026-03-02 10:00+00');`

const TABLES = [
  'llm_cost_records',
  'e2b_cost_records',
  'usage_requests',
  'usage_changes',
  'quota_charge_estimates',
  'quota_reservations',
  'cost_quota_periods',
] as const

/** What an answer says of each table: none, but for those named. */
const counts = (those: Readonly<Partial<Record<(typeof TABLES)[number], number>>>) =>
  TABLES.map((what) => ({ what, rows: String(those[what] ?? 0) }))

const dryRun = (before = `'2026-03-01 00:00+00'`) =>
  `select what, rows from copilot_internal.prune_usage(${before})`
const prune = (before = `'2026-03-01 00:00+00'`, more = '') =>
  `select what, rows from copilot_internal.prune_usage(${before}, false${more})`

/** Every row of every table that it could touch, and of the totals. */
async function everything(session: Session): Promise<Row[]> {
  const tables = [...TABLES, 'llm_usage_totals', 'e2b_usage_totals', 'cost_quotas']
  return session.query(
    tables
      .map(
        (table) =>
          `select '${table}' as "table", to_jsonb(t)::text as row from copilot_internal.${table} as t`,
      )
      .join(' union all ')
      .concat(' order by 1, 2'),
  )
}

test.beforeEach(({ session }) => session.run(fixture('reported-in-time') + HISTORY))

describe('a dry run', () => {
  test('answers what all calls would remove, and from when to when', async ({ as, session }) => {
    await session.query(`set local timezone = 'UTC'`)
    await as(service)`select * from copilot_internal.prune_usage('2026-03-01')`.resultsEq(
      TABLES.map((what) => {
        const [rows, oldest, newest] = {
          llm_cost_records: ['2', '2026-02-01 10:00:00+00', '2026-02-28 23:59:59.999999+00'],
          e2b_cost_records: ['1', '2026-02-01 10:00:00+00', '2026-02-01 10:00:00+00'],
          usage_requests: ['3', null, null],
        }[what as string] ?? ['0', null, null]
        return { what, rows, oldest, newest }
      }),
    )
  })

  test('changes nothing, and may be asked where nothing may be written', async ({ as, session }) => {
    const before = await everything(session)
    await session.query('set local transaction_read_only = on')
    await as(service)(dryRun()).resultsEq(
      counts({ llm_cost_records: 2, e2b_cost_records: 1, usage_requests: 3 }),
    )
    expect(await everything(session)).toEqual(before)
  })
})

describe('records', () => {
  test('move into the totals of their UTC days, whatever the time zone', async ({ as, session }) => {
    await session.query(`set local timezone = 'America/Los_Angeles'`)
    await as(service)(prune()).resultsEq(
      counts({ llm_cost_records: 2, e2b_cost_records: 1, usage_requests: 3 }),
    )
    await session.query(`set local timezone = 'UTC'`)
    await as(service)`
      select day, provider, model, task, request_count, input_tokens, output_tokens, cached_input_tokens, total_cost_usd,
             estimated_count, unpriced_count, first_recorded_at, last_recorded_at
      from copilot_internal.llm_usage_totals order by day`.resultsEq([
      {
        day: '2026-02-01',
        provider: 'openai',
        model: 'gpt-4',
        task: 'planning',
        request_count: '1',
        input_tokens: '1000',
        output_tokens: '500',
        cached_input_tokens: '0',
        total_cost_usd: '0.060000000000000000',
        estimated_count: '0',
        unpriced_count: '0',
        first_recorded_at: '2026-02-01 10:00:00+00',
        last_recorded_at: '2026-02-01 10:00:00+00',
      },
      {
        day: '2026-02-28',
        provider: 'openai',
        model: 'gpt-99',
        task: null,
        request_count: '1',
        input_tokens: '10',
        output_tokens: '5',
        cached_input_tokens: '0',
        total_cost_usd: '0.000000000000000000',
        estimated_count: '0',
        unpriced_count: '1',
        first_recorded_at: '2026-02-28 23:59:59.999999+00',
        last_recorded_at: '2026-02-28 23:59:59.999999+00',
      },
    ])
    await as(service)`
      select day, tier, conversation_id, run_count, execution_time_seconds, total_cost_usd
      from copilot_internal.e2b_usage_totals`.resultsEq([
      {
        day: '2026-02-01',
        tier: 'standard',
        conversation_id: 'c-1',
        run_count: '1',
        execution_time_seconds: '300.000000',
        total_cost_usd: '0.030000000000000000',
      },
    ])
    await as(service)`select request_id from copilot_internal.llm_cost_records`.resultsEq([
      { request_id: 'young' },
    ])
  })

  test('that are reported late are added to the totals of their day', async ({ as }) => {
    await as(service)(prune()).bagHas(counts({ llm_cost_records: 2 }).slice(0, 1))
    await as(
      service,
    )`select copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', 2000, 0, 'late',
      task => 'planning', recorded_at => '2026-02-01 23:00+00', is_estimated => true)`.livesOk()
    await as(service)(prune()).resultsEq(counts({ llm_cost_records: 1, usage_requests: 1 }))
    await as(service)`
      select request_count, input_tokens, trim_scale(total_cost_usd) as cost, estimated_count
      from copilot_internal.llm_usage_totals where task = 'planning'`.resultsEq([
      { request_count: '2', input_tokens: '3000', cost: '0.12', estimated_count: '1' },
    ])
  })

  test('go whatever they are called, and none is taken for another', async ({ as, session }) => {
    // What is random is too long for an index, also when it is compressed.
    const random = `(select string_agg(md5(n::text), '') from generate_series(1, 400) as n)`
    const names = [`''`, `'a,b'`, `E'\\\\x41'`, `E'quote''d'`, random, 'null']
    for (const [i, name] of names.entries())
      await session.query(
        `insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, task, is_unpriced)
         select $1, '2026-02-01', provider, model, ${name}, true from (values ('a,', 'b'), ('a', ',b')) as m (provider, model)`,
        [i % 2 ? acme.tenantId : birch.tenantId],
      )
    await as(service)(prune()).bagHas(counts({ llm_cost_records: 2 + 2 * names.length }).slice(0, 1))
    await as(service)`
      select count(*) as rows, count(distinct task) as tasks from copilot_internal.llm_usage_totals
      where provider like 'a%'`.resultsEq([
      { rows: String(2 * names.length), tasks: String(names.length - 1) },
    ])
  })
})

describe('requests', () => {
  test('go with their records, and are new when they are reported again', async ({ as }) => {
    await as(service)(prune()).bagHas(counts({ usage_requests: 3 }).slice(2, 3))
    await as(service)`
      select recorded_at > '2026-03-01' as is_new
      from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', 1000, 500, 'old')`.resultsEq(
      [{ is_new: 't' }],
    )
    await as(service)`select request_count from copilot_internal.cost_summary_by_tenant`.resultsEq([
      { request_count: '4' },
    ])
  })

  test('that are reported late are known until their report is old', async ({ as, session }) => {
    await session.run('drop trigger _000_report_in_time on copilot_internal.llm_cost_records')
    const late = `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 2000, 0, 'late',
                    task => 'late', recorded_at => '2026-02-01 23:00+00')`
    await as(service)(late).livesOk()
    const [told] = await session.query(`select sum(rows) from copilot_internal.prune_usage('2026-03-01')`)
    expect(
      await session.query(`select sum(rows) from copilot_internal.prune_usage('2026-03-01', false)`),
    ).toEqual([told])
    await as(service)(late).livesOk()
    await as(
      service,
    )`select request_count from copilot_internal.cost_summary_by_task where task = 'late'`.resultsEq([
      { request_count: '1' },
    ])
  })

  test('that were voided since are known, and answered by what was voided', async ({ as, session }) => {
    await session.query('select copilot_internal.void_usage($1, $2, $3)', [acme.tenantId, 'llm', 'old'])
    for (let call = 1; call <= 3; call += 1) await as(service)(prune()).livesOk()
    await as(service)`
      select recorded_at = '2026-02-01 10:00+00' as is_the_first
      from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', 1000, 500, 'old')`.resultsEq(
      [{ is_the_first: 't' }],
    )
    await as(service)`select copilot_internal.void_usage(${acme.tenantId}, 'llm', 'old') as again`.resultsEq([
      { again: 'f' },
    ])
  })

  test('that were voided before go with what they were', async ({ as, session }) => {
    await session.query('select copilot_internal.void_usage($1, $2, $3)', [acme.tenantId, 'llm', 'old'])
    await session.query(`update copilot_internal.usage_changes set changed_at = '2026-02-02'`)
    const all = { llm_cost_records: 1, e2b_cost_records: 1, usage_requests: 3, usage_changes: 1 }
    await as(service)(dryRun()).resultsEq(counts(all))
    // First the records and theirs; a change stays as long as its request is known.
    await as(service)(prune()).resultsEq(counts({ ...all, usage_requests: 2, usage_changes: 0 }))
    await as(service)(prune()).resultsEq(counts({ usage_requests: 1, usage_changes: 1 }))
    await as(service)(prune()).resultsEq(counts({}))
  })

  test('whose records were deleted by hand go', async ({ as, session }) => {
    await session.query('delete from copilot_internal.e2b_cost_records')
    await as(service)(dryRun()).bagHas(counts({ usage_requests: 4 }).slice(2, 3))
    await as(service)(prune()).bagHas(counts({ usage_requests: 2 }).slice(2, 3))
    await as(service)(prune()).resultsEq(counts({ usage_requests: 2 }))
    await as(owner)`select request_id, resource_type from copilot_internal.usage_requests`.resultsEq([
      { request_id: 'young', resource_type: 'llm' },
    ])
  })

  test.for(['llm', 'e2b'] as const)(
    'that go while they are reported again are noted anew: %s',
    async (kind, { as, session }) => {
      await session.run(`
        create function pg_temp.forget() returns trigger language plpgsql as $$
        begin
          if current_setting('test.forgotten', true) is distinct from 'yes' then
            perform set_config('test.forgotten', 'yes', true);
            delete from copilot_internal.${kind}_cost_records where request_id = 'old';
            delete from copilot_internal.usage_requests where request_id = 'old';
          end if;
          return null;
        end $$;
        create trigger forget after insert on copilot_internal.usage_requests execute function pg_temp.forget();`)
      const report =
        kind === 'llm'
          ? `record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1, 1, 'old')`
          : `record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1, request_id => 'old')`
      await session.query(`set local statement_timeout = '20s'`)
      const [first] = await session.query(`select id from copilot_internal.${report}`)
      await as(service)(`select id from copilot_internal.${report}`).resultsEq([{ id: first?.['id'] }])
      await as(owner)`select record_id from copilot_internal.usage_requests
        where resource_type = ${kind} and request_id = 'old'`.resultsEq([{ record_id: first?.['id'] }])
    },
  )
})

describe('the rest', () => {
  test('changes go by their own date, estimates with their records', async ({ as, session }) => {
    await session.run(`
      select copilot_internal.revise_llm_usage('${acme.tenantId}', 'young', 1);
      select copilot_internal.revise_llm_usage('${acme.tenantId}', 'young', 2);
      update copilot_internal.usage_changes set changed_at = '2026-02-20' where former ->> 'input_tokens' = '1000';
      insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 1, 'day');
      insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
      select r.tenant_id, r.id, q.id, 1 from copilot_internal.llm_cost_records as r cross join copilot_internal.cost_quotas as q
      where r.request_id in ('young', 'old and unpriced');`)
    const all = { llm_cost_records: 2, e2b_cost_records: 1, usage_requests: 3 }
    const those = counts({ ...all, usage_changes: 1, quota_charge_estimates: 1 })
    await as(service)(dryRun()).resultsEq(those)
    await as(service)(prune()).resultsEq(those)
    await as(service)(prune()).resultsEq(counts({}))
  })

  const holds = [
    ['released', `closed_at => '2026-02-10'`, true],
    ['released since', `closed_at => '2026-03-10'`, false],
    ['over, and closed for that', `closed_at => '2026-02-10', is_expired => true`, true],
    ['over, and not closed', '', true],
    ['recorded', `closed_at => '2026-02-10', record_id => gen_random_uuid()`, true],
    [
      'settled and recorded',
      `closed_at => '2026-02-10', settled_usd => 1, record_id => gen_random_uuid()`,
      true,
    ],
    ['settled by nothing', `closed_at => '2026-02-10', settled_usd => 0`, true],
    ['settled a year ago', `closed_at => now() - interval '1 year 1 second', settled_usd => 1`, true],
    ['settled less than a year ago', `closed_at => now() - interval '364 days', settled_usd => 1`, false],
  ] as const
  test.for(holds)('a hold that is %s', async ([, how, goes], { as, session }) => {
    const cells = how.replaceAll('=>', 'as').split(', ').filter(Boolean)
    const [columns, values] = [
      cells.map((cell) => `, ${cell.split(' as ')[0]}`).join(''),
      cells.map((cell) => `, ${cell.split(' as ')[1]}`).join(''),
    ]
    await session.query(
      `insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at ${columns})
       values ($1, 'llm', 1, '2024-01-01', '2026-02-11' ${values})`,
      [acme.tenantId],
    )
    for (const call of [dryRun(), prune()])
      await as(service)(call).bagHas(counts({ quota_reservations: goes ? 1 : 0 }).slice(5, 6))
  })

  test('closed periods go that ended by the date', async ({ as, session }) => {
    await session.query(`
      insert into copilot_internal.cost_quota_periods
        (scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
      select 'platform', null, 'llm', 'day', d, d + interval '1 day', 1, 1
      from unnest('{2026-02-27 00:00+00,2026-02-28 00:00+00,2026-02-28 00:00:01+00}'::timestamptz[]) as d`)
    for (const call of [dryRun(), prune()])
      await as(service)(call).bagHas(counts({ cost_quota_periods: 2 }).slice(6, 7))
  })
})

describe('one call removes max_rows rows at most', () => {
  test.for([1, 2, 3, 5, 1000])('%d at a time, until nothing is left', async (max, { as, session }) => {
    await session.run(`
      select count(copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', i, i, nullif('r' || i % 3, 'r0') || i,
        recorded_at => '2026-02-03')) from generate_series(1, 5) as i;
      select copilot_internal.void_usage('${acme.tenantId}', 'e2b', 'old');
      select copilot_internal.revise_llm_usage('${acme.tenantId}', 'old', 1);
      update copilot_internal.usage_changes set changed_at = '2026-02-04';
      insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
      select '${acme.tenantId}', gen_random_uuid(), q.id, 1 from copilot_internal.cost_quotas as q limit 2;
      insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
      select '${acme.tenantId}', 'llm', i, '2024-01-01', '2024-01-02' from generate_series(1, 4) as i;
      insert into copilot_internal.cost_quota_periods (scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
      select 'platform', null, 'llm', 'day', d, d + interval '1 day', 1, 1
      from generate_series(timestamptz '2025-01-01', '2025-01-04', '1 day') as d`)
    const wanted = await session.query(dryRun())
    const removed = new Map<unknown, number>()
    for (let calls = 0; calls < 60; calls += 1) {
      const answer = await session.query(prune(undefined, `, ${max}`))
      const rows = answer.reduce((sum, row) => sum + Number(row['rows']), 0)
      expect(rows).toBeLessThanOrEqual(max)
      if (rows === 0) break
      for (const { what, rows: some } of answer) removed.set(what, (removed.get(what) ?? 0) + Number(some))
    }
    expect(wanted.map(({ what, rows }) => [what, Number(rows)])).toEqual([...removed])
    await as(service)(dryRun()).resultsEq(counts({}))
  })
})

describe('a date that is too late, or none', () => {
  const refused = [
    ['null', '22004', 'before must not be NULL.'],
    [`'infinity'`, '22023', 'before must be finite.'],
    [`'-infinity'`, '22023', 'before must be finite.'],
    [`now() + interval '1 second'`, '22023', 'before must not be in the future.'],
    ['now(), null', '22004', 'dry_run and max_rows must not be NULL.'],
    ['now(), true, null', '22004', 'dry_run and max_rows must not be NULL.'],
    ['now(), true, 0', '22023', 'max_rows must be 1 or more.'],
  ] as const
  test.for(refused)('%s is refused', async ([call, code, message], { as }) => {
    await as(service)(`select copilot_internal.prune_usage(${call})`).throwsOk(code, { message })
  })

  const needed = [
    [
      'the current period of any quota',
      `insert into copilot_internal.cost_quotas (scope, limit_usd, period, period_start) values
         ('platform', 1, 'month', now() - interval '10 days'), ('platform', 1, 'day', now() - interval '1 hour')`,
      '10 days',
    ],
    [
      'a period that follows one that is over, unnoticed',
      `insert into copilot_internal.cost_quotas (scope, limit_usd, period, period_start)
       values ('platform', 1, 'day', now() - interval '10 days 2 hours')`,
      '2 hours',
    ],
    [
      'the oldest open hold',
      `insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
       values ('${acme.tenantId}', 'llm', 1, now() - interval '3 days', now() + interval '1 day'),
              ('${acme.tenantId}', 'llm', 1, now() - interval '30 days', now() - interval '1 day')`,
      '3 days',
    ],
  ] as const
  test.for(needed)('%s is kept', async ([, statement, since], { as, session }) => {
    await session.run(statement)
    const before = await everything(session)
    for (const call of [dryRun, prune])
      await as(service)(call(`now() - interval '${since}' + interval '1 microsecond'`)).throwsOk('QT009', {
        message: /^before must not be later than \d{4}-.+\.$/,
      })
    expect(await everything(session)).toEqual(before)
    await as(service)(prune(`now() - interval '${since}'`)).livesOk()
  })

  test('a quota that starts later is in nobody’s way', async ({ as, session }) => {
    await session.query(`insert into copilot_internal.cost_quotas (scope, limit_usd, period, period_start)
      values ('platform', 1, 'month', now() + interval '1 day')`)
    await as(service)(dryRun('now()')).livesOk()
  })
})

test('the platform removes, and nobody else', async ({ as }) => {
  await as(acme)(dryRun()).throwsOk('42501')
  await as(visitor)(dryRun()).throwsOk('42501')
  await as(service)(dryRun()).livesOk()
})
