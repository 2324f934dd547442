import type { Probe } from '../probe.ts'

const C = 'copilot_internal'
const QUOTA = `insert into ${C}.cost_quotas (scope, scope_id, resource_type, limit_usd, period)`

/** How statements are refused: the SQLSTATE and the words. */
export const refusalProbes: readonly Probe[] = [
  { name: 'a table that there is not', ask: 'select * from nothing_of_that_name' },
  { name: 'a column that there is not', ask: `select nothing from ${C}.model_pricing` },
  { name: 'a function that there is not', ask: `select ${C}.nothing_of_that_name(1)` },
  { name: 'a statement that is none', ask: 'selct 1' },
  { name: 'text that is no number', ask: `select 'abc'::numeric` },
  { name: 'text that is no UUID', ask: `select 'abc'::uuid` },
  {
    name: 'a second quota of the same kind',
    setup: [`${QUOTA} values ('platform', null, 'llm', 1, 'day')`],
    ask: `${QUOTA} values ('platform', null, 'llm', 2, 'day')`,
  },
  { name: 'a quota below zero', ask: `${QUOTA} values ('platform', null, 'llm', -1, 'day')` },
  { name: 'a quota of an unknown period', ask: `${QUOTA} values ('platform', null, 'llm', 1, 'fortnight')` },
  { name: 'a quota without a limit', ask: `${QUOTA} values ('platform', null, 'llm', null, 'day')` },
  {
    name: 'two prices at once',
    ask: `insert into ${C}.e2b_pricing (tier, region, price_per_second, effective_date) select tier, region, 1, effective_date + interval '1 microsecond' from ${C}.e2b_pricing where tier = 'gpu'`,
  },
  {
    name: 'a record of a price that there is not',
    ask: `insert into ${C}.llm_cost_records (tenant_id, provider, model, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd, pricing_id) values (gen_random_uuid(), 'p', 'm', 1, 1, 0, 0, 0, 'ffffffff-0000-4000-8000-000000000001')`,
  },
  {
    name: 'a sandbox of negative length',
    ask: `select * from ${C}.calculate_e2b_cost('standard', 'us-east-1', -1, null, null, null, '2026-02-01')`,
  },
  {
    name: 'a sandbox of an unknown tier',
    ask: `select * from ${C}.calculate_e2b_cost('nothing', 'us-east-1', 1, null, null, null, '2026-02-01')`,
  },
  {
    name: 'tokens that are NULL',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', null, 1, '2026-02-01')`,
  },
  { name: 'a check of an unknown scope', ask: `select ${C}.check_e2b_quota('galaxy', null, 1)` },
  { name: 'a price that jumps', ask: `select ${C}.set_model_price('openai', 'gpt-4', 30000, 60)` },
  {
    name: 'a statement after a refusal',
    setup: ['savepoint inner_one'],
    ask: `do $$ begin perform 1 / 0; exception when division_by_zero then raise exception 'caught' using errcode = 'QT999', detail = 'D', hint = 'H'; end $$`,
  },
  { name: 'a notice is no refusal', ask: `do $$ begin raise notice 'only saying'; end $$` },
  {
    name: 'a write in a read-only transaction',
    setup: ['set transaction read only'],
    ask: `delete from ${C}.e2b_pricing`,
  },
  { name: 'two statements in one', ask: 'select 1; select 2' },
]
