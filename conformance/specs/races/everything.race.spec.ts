/**
 * Whatever the platform's clients send at once, to price lists, records and quotas: no price is missing or doubled that nobody
 * asked for, each record lies in the period of its price and costs what follows from it, and the books add up.
 *
 * Method: several clients each play a list of statements that was drawn at random from every kind that service_role may send:
 * inserts, upserts, updates, deletes, copies of rows, the published recipes by three clocks, and the functions. What a quota is
 * charged without a record is noted in the same transaction. Where there is one connection, one client plays them all.
 */
import fc from 'fast-check'
import { acme, birch, dahlia } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError } from '../../engines/index.ts'
import { expect, sampled, test } from '../../harness/index.ts'

const CLIENTS = 6
const STATEMENTS_EACH = 40
const MODELS = ['m-1', 'm-2', 'm-3'] as const
const REGIONS = ['r-1', 'r-2'] as const

/** What a statement may be refused with: a rule of the product that it would break, or a snapshot that is too old. */
const REFUSALS = [
  'QT001',
  'QT002',
  'QT005',
  'QT007',
  'QT008',
  '22023',
  '23502',
  '23503',
  '23505',
  '23514',
  '40001',
  '55P03',
]

const tenant = fc.constantFrom(acme.tenantId, birch.tenantId)
const user = fc.constantFrom(`'${acme.userId}'`, `'${birch.userId}'`, 'null')
const model = fc.constantFrom(...MODELS)
const region = fc.constantFrom(...REGIONS)
const price = fc.integer({ min: 1, max: 40 })
const tokens = fc.integer({ min: 0, max: 400_000 })
const request = fc.integer({ min: 1, max: 12 }).map((n) => `request-${n}`)
/** The database's clock, and two that are not: within a minute all three are one. */
const clock = fc.constantFrom(
  'now()',
  'clock_timestamp()',
  `now() - interval '50 ms'`,
  `now() + interval '30 s'`,
)
const ahead = fc.constantFrom('1 hour', '2 hours', '3 hours').map((time) => `now() + interval '${time}'`)

/** Statements that record: nothing that others do may make them fail. */
const recording = fc.oneof(
  fc.tuple(tenant, model, tokens, tokens, request, user, fc.boolean()).map(
    ([t, m, input, cached, r, u, batch]) =>
      `select copilot_internal.record_llm_usage('${t}', 'p', '${m}', ${input + cached}, ${input}, '${r}', ${u},
           cached_input_tokens => ${cached}, is_batch => ${batch})`,
  ),
  fc
    .tuple(tenant, region, tokens, request, user)
    .map(
      ([t, place, seconds, r, u]) =>
        `select copilot_internal.record_e2b_usage('${t}', 'tier', '${place}', ${seconds}.25, ${seconds}, request_id => '${r}', user_id => ${u})`,
    ),
  fc.tuple(tenant, model, tokens, request, request).map(
    ([t, m, input, one, other]) =>
      `select count(*) from copilot_internal.record_llm_usage_batch(jsonb_build_array(
           jsonb_build_object('tenant_id', '${t}', 'provider', 'p', 'model', '${m}', 'input_tokens', ${input}, 'output_tokens', 1, 'request_id', '${one}'),
           jsonb_build_object('tenant_id', '${t}', 'provider', 'p', 'model', 'alias of ${m}', 'input_tokens', 7, 'output_tokens', 1, 'request_id', '${other}')))`,
  ),
  fc
    .tuple(tenant, model, tokens)
    .map(
      ([t, m, input]) =>
        `select copilot_internal.record_llm_usage('${t}', 'p', '${m}', ${input}, 0, recorded_at => now() - interval '1 day')`,
    ),
)

/** Statements that correct what was recorded, and such as bypass the functions. */
const correcting = fc.oneof(
  fc
    .tuple(tenant, request, tokens)
    .map(([t, r, n]) => `select copilot_internal.revise_llm_usage('${t}', '${r}', output_tokens => ${n})`),
  fc
    .tuple(tenant, request, tokens)
    .map(([t, r, n]) => `select copilot_internal.revise_e2b_usage('${t}', '${r}', ${n})`),
  fc
    .tuple(tenant, fc.constantFrom('llm', 'e2b'), request)
    .map(([t, kind, r]) => `select copilot_internal.void_usage('${t}', '${kind}', '${r}', 'random')`),
  tenant.map(
    (t) =>
      `update copilot_internal.llm_cost_records set total_cost_usd = 0, input_cost_usd = 0 where tenant_id = '${t}'`,
  ),
  fc.tuple(model, tokens).map(
    ([m, n]) =>
      `insert into copilot_internal.llm_cost_records (tenant_id, provider, model, input_tokens, output_tokens)
         values ('${dahlia.tenantId}', 'p', '${m}', ${n + 1}, 0)`,
  ),
  // A record as somebody copies it: consistent in itself, at whatever time.
  fc.tuple(fc.constantFrom('recorded_at', 'now()', `recorded_at - interval '1 day'`)).map(
    ([time]) =>
      `insert into copilot_internal.llm_cost_records
         select (jsonb_populate_record(r, jsonb_build_object('tenant_id', '${dahlia.tenantId}', 'id', gen_random_uuid(),
                                                             'request_id', null, 'recorded_at', ${time}))).*
         from copilot_internal.llm_cost_records as r order by r.id limit 1`,
  ),
)

const changingPrices = fc.oneof(
  fc
    .tuple(model, price, price, clock)
    .map(([m, a, b, at]) => `select copilot_internal.set_model_price('p', '${m}', ${a}, ${b}, ${at})`),
  fc
    .tuple(model, price, ahead)
    .map(([m, a, at]) => `select copilot_internal.set_model_price('p', '${m}', ${a}, ${a}, ${at})`),
  fc.tuple(model, price).map(
    ([m, a]) =>
      `select copilot_internal.set_model_price('p', '${m}', ${a}, ${a}, expires_at => now() + interval '1 hour',
           components => '{"cached_input": ${a}, "batch": {"input": ${a}}}')`,
  ),
  model.map((m) => `select copilot_internal.cancel_model_price('p', '${m}')`),
  fc.tuple(model, price, clock, fc.boolean()).map(([m, a, at, whole]) => {
    const update = `update copilot_internal.model_pricing
       set input_price_per_million = ${a}, output_price_per_million = ${a}, expires_at = ${at}, updated_at = now()
       where provider = 'p' and model = '${m}'`
    const insert = `insert into copilot_internal.model_pricing
         (provider, model, input_price_per_million, output_price_per_million, effective_date)
       values ('p', '${m}', ${a}, ${a}, ${at})`
    return whole ? `begin; ${update}; ${insert}; commit` : `${update}; ${insert}`
  }),
  fc
    .tuple(region, price)
    .map(
      ([r, a]) =>
        `update copilot_internal.e2b_pricing set price_per_second = ${a} where tier = 'tier' and region = '${r}'`,
    ),
  fc
    .tuple(region, price, ahead)
    .map(
      ([r, a, at]) => `select copilot_internal.set_e2b_price('tier', '${r}', ${a}, effective_date => ${at})`,
    ),
  region.map((r) => `select copilot_internal.cancel_e2b_price('tier', '${r}')`),
  fc
    .tuple(
      model,
      price,
      fc.constantFrom(
        'do nothing',
        'do update set input_price_per_million = excluded.input_price_per_million',
      ),
    )
    .map(
      ([m, a, action]) =>
        `insert into copilot_internal.model_pricing (id, provider, model, input_price_per_million, output_price_per_million)
         select id, provider, model, ${a}, ${a} from copilot_internal.model_pricing where model = '${m}'
         order by effective_date desc limit 1 on conflict (id) ${action}`,
    ),
  model.map(
    (m) =>
      `insert into copilot_internal.model_pricing
       select * from copilot_internal.model_pricing where model = '${m}' on conflict do nothing`,
  ),
  model.map(
    (m) => `delete from copilot_internal.model_pricing where model = '${m}' and effective_date > now()`,
  ),
  model.map(
    (m) =>
      `update copilot_internal.model_pricing set effective_date = effective_date + interval '10 min'
       where model = '${m}' and effective_date > now()`,
  ),
  fc
    .tuple(price)
    .map(
      ([a]) =>
        `update copilot_internal.model_pricing_components set price_per_million = ${a} where pricing_id in (select id from copilot_internal.model_pricing where provider = 'p')`,
    ),
)

/** An administrator's edit of all quotas may be the victim of a deadlock; whoever records beside it may not. */
const editingQuotas = fc
  .integer({ min: 500, max: 1000 })
  .map((limit) => `update copilot_internal.cost_quotas set limit_usd = ${limit} * 1000`)

const chargingQuotas = fc.oneof(
  fc.tuple(tenant, tokens).map(
    ([t, n]) =>
      `begin;
       insert into public.charged values ('tenant', '${t}', ${n} * 0.001);
       select copilot_internal.increment_llm_quota_spend('tenant', '${t}', ${n} * 0.001);
       commit`,
  ),
  fc.tuple(tenant, user, tokens).map(
    ([t, u, n]) =>
      `begin;
       insert into public.settled
       select '${t}', ${u}, ${n} * 0.001
       from copilot_internal.reserve_quota('${t}', 'llm', 0.5, ${u}) as r
       where r.granted and copilot_internal.settle_reservation('${t}', r.reservation_id, ${n} * 0.001);
       commit`,
  ),
)

const statement = fc.oneof(
  { weight: 6, arbitrary: recording.map((sql) => ({ sql, refusals: [] as readonly string[] })) },
  { weight: 3, arbitrary: correcting.map((sql) => ({ sql, refusals: REFUSALS })) },
  // Of two that change one price by statements of their own, the server may end one: nobody orders those statements.
  { weight: 3, arbitrary: changingPrices.map((sql) => ({ sql, refusals: [...REFUSALS, '40P01'] })) },
  { weight: 1, arbitrary: chargingQuotas.map((sql) => ({ sql, refusals: [] })) },
  { weight: 1, arbitrary: editingQuotas.map((sql) => ({ sql, refusals: ['40P01'] })) },
)

const WORLD = `
  create table public.charged (scope text, scope_id uuid, amount numeric);
  create table public.settled (tenant_id uuid, user_id uuid, amount numeric);
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select s.scope, s.id::uuid, kind, 1000000, 'month'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
               ('user', '${acme.userId}'), ('user', '${birch.userId}')) as s (scope, id)
  cross join unnest('{llm,all}'::text[]) as kind;
  insert into copilot_internal.model_aliases (provider, alias, model)
  select 'p', 'alias of ' || m, m from unnest('{${MODELS.join()}}'::text[]) as m;
  insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
  select 'p', m, 20, 20, now() - interval '10 days' from unnest('{${MODELS.join()}}'::text[]) as m;
  insert into copilot_internal.e2b_pricing (tier, region, price_per_second, price_per_cpu_core_second, effective_date)
  select 'tier', r, 20, 1, now() - interval '10 days' from unnest('{${REGIONS.join()}}'::text[]) as r;`

/** Prices of the lists that are missing or doubled at some moment from their first day on. */
const BREAKS = `
  with periods as (
    select provider || ' ' || model as name, effective_date, expires_at from copilot_internal.model_price_periods where provider = 'p'
    union all
    select tier || ' ' || region, effective_date, expires_at from copilot_internal.e2b_price_periods where tier = 'tier'
  )
  select * from (
    select name, expires_at, lead(effective_date) over (partition by name order by effective_date) as next from periods
  ) as p
  where expires_at is distinct from next`

/** Records outside the period of their price, without a price, or whose cost the price list would not give them. */
const WRONG_RECORDS = `
  select r.id, r.model, r.recorded_at from copilot_internal.llm_cost_records as r
  where r.is_unpriced or r.is_adopted
     or r.pricing_id is distinct from copilot_internal.model_price_at(r.provider, r.model, r.recorded_at)
     or (r.total_cost_usd = 0) <> (r.input_tokens + r.output_tokens = 0)
     or r.total_cost_usd <> (
          select c.total_cost_usd
          from copilot_internal.calculate_llm_cost_detailed(
            r.provider, r.model, r.input_tokens, r.output_tokens, r.cached_input_tokens, r.cache_write_5m_tokens,
            r.cache_write_1h_tokens, r.is_batch, r.recorded_at) as c)
  union all
  select r.id, r.region, r.recorded_at from copilot_internal.e2b_cost_records as r
  where r.is_unpriced or r.is_adopted
     or r.total_cost_usd <> (
          select c.total_cost_usd
          from copilot_internal.calculate_e2b_cost(
            r.tier, r.region, r.execution_time_seconds, r.cpu_core_seconds, r.memory_gb_seconds, r.disk_io_gb, r.recorded_at) as c)`

/** Quotas whose spend is not what was recorded, settled and charged, less what was taken back. */
const IMBALANCES = `
  with usage as (
    select 'llm' as kind, tenant_id, user_id, total_cost_usd as amount from copilot_internal.llm_cost_records
    where tenant_id <> '${dahlia.tenantId}'
    union all
    select 'e2b', tenant_id, user_id, total_cost_usd from copilot_internal.e2b_cost_records
    union all
    select 'llm', tenant_id, user_id, amount from public.settled
  )
  select q.scope, q.scope_id, q.resource_type, q.spent_usd, u.amount + c.amount as charged
  from copilot_internal.cost_quotas as q
  cross join lateral (
    select coalesce(sum(amount), 0) as amount from usage
    where q.resource_type in (kind, 'all')
      and (q.scope = 'platform' or q.scope = 'tenant' and tenant_id = q.scope_id or q.scope = 'user' and user_id = q.scope_id)
  ) as u
  cross join lateral (
    select coalesce(sum(amount), 0) as amount from public.charged
    where scope = q.scope and scope_id is not distinct from q.scope_id
  ) as c
  where q.spent_usd <> u.amount + c.amount`

type Sent = { readonly sql: string; readonly refusals: readonly string[] }

/** Plays the statements one after the other; answers what failed that may not, or otherwise than it may. */
async function play(session: Session, statements: readonly Sent[]): Promise<string[]> {
  const faults: string[] = []
  for (const { sql, refusals } of statements) {
    try {
      await session.run(sql)
    } catch (error) {
      await session.run('rollback')
      const code = error instanceof SqlError ? error.code : String(error)
      if (!refusals.includes(code))
        faults.push(
          `${code} ${(error as Error).message} ${error instanceof SqlError ? error.detail : ''}: ${sql}`,
        )
    }
  }
  return faults
}

/** Draws a list of statements for each client: the same in every run. */
function drawn(seed: number, clients: number): Sent[][] {
  return fc.sample(
    fc.array(statement, { minLength: STATEMENTS_EACH, maxLength: STATEMENTS_EACH, size: 'max' }),
    {
      seed,
      numRuns: clients,
    },
  )
}

async function holds(database: Database, lists: readonly Sent[][], clients: number): Promise<void> {
  const control = await database.connect()
  await control.run(WORLD)
  const faults: string[][] = []
  if (clients === 1) {
    for (const list of lists) faults.push(await play(control, list))
  } else {
    const sessions = await Promise.all(lists.map(() => database.connect()))
    faults.push(...(await Promise.all(lists.map((list, i) => play(sessions[i] as Session, list)))))
    await Promise.all(sessions.map((session) => session.close()))
  }
  expect(faults.flat()).toEqual([])
  expect(await control.query(BREAKS)).toEqual([])
  expect(await control.query(WRONG_RECORDS)).toEqual([])
  expect(await control.query(IMBALANCES)).toEqual([])
  const [done] = await control.query(
    `select (select count(*) from copilot_internal.llm_cost_records) > 10 as recorded,
            (select count(*) from copilot_internal.usage_changes) > 2 as corrected,
            (select count(*) from copilot_internal.model_pricing where provider = 'p') > 3 as changed`,
  )
  expect(done).toEqual({ recorded: 't', corrected: 't', changed: 't' })
  await control.close()
}

sampled(
  [1, 2, 3],
  'two-sessions',
  'own-database',
  'own-backend',
)('several clients at once leave prices whole and books in order: %i', async (seed, { ownDatabase }) =>
  holds(await ownDatabase(), drawn(seed, CLIENTS), CLIENTS),
)

sampled([4, 5], 'own-database')(
  'a client alone leaves prices whole and books in order: %i',
  async (seed, { ownDatabase }) => holds(await ownDatabase(), drawn(seed, 3), 1),
)

test('the statements are of every kind', ({ expect: _ }) => {
  const sent = drawn(1, CLIENTS)
    .flat()
    .map(({ sql }) => sql)
  for (const word of ['insert', 'on conflict', 'update', 'delete', 'set_model_price', 'void_usage'])
    expect(sent.filter((sql) => sql.includes(word)).length).toBeGreaterThan(0)
})
