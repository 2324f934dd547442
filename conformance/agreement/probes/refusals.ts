import type { Probe } from '../probe.ts'

const C = 'copilot_internal'
const QUOTA = `insert into ${C}.cost_quotas (scope, scope_id, resource_type, limit_usd, period)`
const ACME = 'aaaaaaaa-0000-4000-8000-000000000001'

/** How the product refuses: the SQLSTATE, the words, DETAIL and HINT. */
export const refusalProbes: readonly Probe[] = [
  { name: 'a table that there is not', ask: 'select * from nothing_of_that_name', refused: '42P01' },
  { name: 'a column that there is not', ask: `select nothing from ${C}.model_pricing`, refused: '42703' },
  { name: 'a function that there is not', ask: `select ${C}.nothing_of_that_name(1)`, refused: '42883' },
  { name: 'a function of other arguments', ask: `select ${C}.check_e2b_quota(1)`, refused: '42883' },
  { name: 'a schema that there is not', ask: 'select * from nowhere.nothing', refused: '42P01' },
  { name: 'a role that there is not', ask: 'set local role nobody_of_that_name', refused: '22023' },
  { name: 'a statement that is none', ask: 'selct 1', refused: '42601' },
  { name: 'a statement that is cut off', ask: 'select (1', refused: '42601' },
  { name: 'text that is no number', ask: `select 'abc'::numeric`, refused: '22P02' },
  { name: 'text that is no UUID', ask: `select 'abc'::uuid`, refused: '22P02' },
  {
    name: 'a second quota of the same kind',
    setup: [`${QUOTA} values ('platform', null, 'llm', 1, 'day')`],
    ask: `${QUOTA} values ('platform', null, 'llm', 2, 'day')`,
    refused: '23505',
  },
  {
    name: 'a quota below zero',
    ask: `${QUOTA} values ('platform', null, 'llm', -1, 'day')`,
    refused: '23514',
  },
  {
    name: 'a quota of no number',
    ask: `${QUOTA} values ('platform', null, 'llm', 'NaN', 'day')`,
    refused: '23514',
  },
  {
    name: 'a quota of an unknown period',
    ask: `${QUOTA} values ('platform', null, 'llm', 1, 'fortnight')`,
    refused: '22023',
  },
  {
    name: 'a quota of an unknown kind',
    ask: `${QUOTA} values ('platform', null, 'gpu', 1, 'day')`,
    refused: '23514',
  },
  {
    name: 'a quota without a limit',
    ask: `${QUOTA} values ('platform', null, 'llm', null, 'day')`,
    refused: '23502',
  },
  {
    name: 'a tenant’s quota without a tenant',
    ask: `${QUOTA} values ('tenant', null, 'llm', 1, 'day')`,
    refused: '23514',
  },
  {
    name: 'a price that starts when another does',
    ask: `insert into ${C}.e2b_pricing (tier, region, price_per_second, effective_date) select tier, region, 1, effective_date from ${C}.e2b_pricing where tier = 'gpu'`,
    refused: '23505',
  },
  {
    name: 'a price that starts a microsecond later ends the former',
    setup: [
      `insert into ${C}.e2b_pricing (tier, region, price_per_second, effective_date) select tier, region, 1, effective_date + interval '1 microsecond' from ${C}.e2b_pricing where tier = 'gpu'`,
    ],
    ask: `select price_per_second, expires_at - effective_date as period from ${C}.e2b_price_periods where tier = 'gpu' order by effective_date`,
  },
  {
    name: 'a price that was in force cannot go while it is used',
    setup: [`select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 1, 1)`],
    ask: `delete from ${C}.model_pricing where model = 'gpt-4'`,
    refused: 'QT001',
  },
  {
    name: 'a record of a price that there is not',
    ask: `insert into ${C}.llm_cost_records (tenant_id, provider, model, priced_model, input_price_per_million, output_price_per_million, pricing_id) values (gen_random_uuid(), 'p', 'm', 'm', 1, 1, 'ffffffff-0000-4000-8000-000000000001')`,
    refused: '23503',
  },
  {
    name: 'a record whose total is not its sum',
    ask: `insert into ${C}.e2b_cost_records (tenant_id, tier, region, execution_time_seconds, pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io, execution_cost_usd, total_cost_usd) values ('${ACME}', 't', 'r', 1, gen_random_uuid(), 0.5, 0, 0, 0, 0.5, 1)`,
    refused: '23514',
  },
  {
    name: 'a sandbox of negative length',
    ask: `select * from ${C}.calculate_e2b_cost('standard', 'us-east-1', -1, null, null, null, '2026-02-01')`,
    refused: '22023',
  },
  {
    name: 'a sandbox of endless length',
    ask: `select * from ${C}.calculate_e2b_cost('standard', 'us-east-1', 'infinity', null, null, null, '2026-02-01')`,
    refused: '22023',
  },
  {
    name: 'a sandbox of an unknown tier',
    ask: `select * from ${C}.calculate_e2b_cost('nothing', 'us-east-1', 1, null, null, null, '2026-02-01')`,
    refused: '22023',
  },
  {
    name: 'tokens that are NULL',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', null, 1, '2026-02-01')`,
    refused: '22004',
  },
  {
    name: 'tokens below zero',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', -1, 1, '2026-02-01')`,
    refused: '22023',
  },
  {
    name: 'a check of an unknown scope',
    ask: `select ${C}.check_e2b_quota('galaxy', null, 1)`,
    refused: '22023',
  },
  {
    name: 'a price that jumps',
    ask: `select ${C}.set_model_price('openai', 'gpt-4', 30000, 60)`,
    refused: 'QT003',
  },
  {
    name: 'a reservation that there is not',
    ask: `select ${C}.settle_reservation('${ACME}', 'ffffffff-0000-4000-8000-000000000001', 1)`,
    refused: 'QT002',
  },
  {
    name: 'a reservation beyond the limit',
    setup: [`${QUOTA} values ('tenant', '${ACME}', 'llm', 1, 'day')`],
    ask: `select granted, refused_by is not null as by_a_quota, left_usd from ${C}.reserve_quota('${ACME}', 'llm', 1.000000000001)`,
  },
  {
    name: 'a request that is sent twice',
    setup: [`select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 1000, 500, 'once')`],
    ask: `select count(*) from ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 1000, 500, 'once') as again join ${C}.llm_cost_records as r on r.request_id = 'once'`,
  },
  {
    name: 'a write in a read-only transaction',
    setup: ['set transaction read only'],
    ask: `delete from ${C}.e2b_pricing`,
    refused: '25006',
  },
  { name: 'two statements in one', ask: 'select 1; select 2', refused: '42601' },
  { name: 'a value for no placeholder', ask: 'select $1::int', refused: '08P01' },
]
