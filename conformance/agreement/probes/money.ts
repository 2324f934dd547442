import type { Probe } from '../probe.ts'

const C = 'copilot_internal'

/** Exact decimals, and what the product's calculations make of them. */
export const moneyProbes: readonly Probe[] = [
  {
    name: 'a sum that floats get wrong',
    ask: `select 0.1 + 0.2 = 0.3 as exact, 0.1::float8 + 0.2::float8 as inexact`,
  },
  { name: 'the scale of a product', ask: `select 1000 * 30.000000000000::numeric(20,12) * 0.000001 as cost` },
  {
    name: 'the scale of a quotient',
    ask: `select 1::numeric / 3 as third, 2000000000000::numeric / 3 as large, 1e-10 / 3 as small`,
  },
  {
    name: 'rounding halves away from zero',
    ask: `select round(0.5), round(1.5), round(-0.5), round(2.345, 2), round(1250, -2), trunc(-1.9)`,
  },
  { name: 'rounding a float goes to the even', ask: `select round(0.5::float8), round(1.5::float8)` },
  {
    name: 'money without padding',
    ask: `select round(v, greatest(3, min_scale(v))) as money from (values (0.0300000), (0), (0.00000005), (12.5)) as t (v)`,
  },
  { name: 'trailing zeros', ask: `select trim_scale(1.500), min_scale(1.500), scale(1.500), 1.500 = 1.5` },
  { name: 'a negative zero', ask: `select -0.0::numeric, -0.0::float8, 0::numeric = -0.0::numeric` },
  {
    name: 'infinity is a number',
    ask: `select 'infinity'::numeric > 1e100 as greater, 'infinity'::numeric - 'infinity'::numeric as difference`,
  },
  {
    name: 'NaN is greater than all',
    ask: `select 'NaN'::numeric >= 0 as passes, 'NaN'::numeric = 'NaN'::numeric as same, greatest('NaN'::numeric, 1)`,
  },
  { name: 'infinity has no place in a scale', ask: `select 'infinity'::numeric(20,12)`, refused: '22003' },
  { name: 'NaN fits every scale', ask: `select 'NaN'::numeric(20,12)` },
  {
    name: 'numbers in exponents and underscores',
    ask: `select 1e-6::numeric, '  12  '::numeric, '1E3'::int8`,
    refused: '22P02',
  },
  { name: 'a number with an exponent', ask: `select 1e-6::numeric, '  12  '::numeric, 1.0E+3` },
  { name: 'a numeric too large for its type', ask: `select 123456789::numeric(8,2)`, refused: '22003' },
  {
    name: 'a numeric too fine for its type',
    ask: `select 0.0000000000005::numeric(20,12), 0.0000000000004::numeric(20,12)`,
  },
  { name: 'a bigint that overflows', ask: `select 9223372036854775807 + 1`, refused: '22003' },
  { name: 'an integer that overflows', ask: `select 2147483647 + 1`, refused: '22003' },
  { name: 'a division by zero', ask: `select 1 / 0`, refused: '22012' },
  { name: 'the rest of a division', ask: `select -7 / 2, -7 % 2, mod(7.5, 2), div(-7.5, 2)` },
  {
    name: 'sums of bigint are numeric',
    ask: `select sum(v), avg(v) from (values (9223372036854775807), (9223372036854775807)) as t (v)`,
  },
  { name: 'sums of integer are bigint', ask: `select sum(v), avg(v) from (values (1), (2)) as t (v)` },
  {
    name: 'an average of nothing',
    ask: `select avg(v), sum(v), count(v), min(v) from (values (1.0)) as t (v) where false`,
  },
  {
    name: 'powers and roots',
    ask: `select power(2, 0.5), sqrt(2::numeric), exp(1::numeric), ln(10::numeric)`,
  },
  { name: 'the largest and the least of some', ask: `select greatest(1, null, 3), least(null::int, null)` },
  {
    name: 'a number written as text',
    ask: `select to_char(1234.5, 'FM9,999.00'), to_char(0.5, 'FM999.9990'), 1234.50::text`,
  },
  {
    name: 'floats as they are printed',
    ask: `select 0.1::float4, 1e21::float8, 123456789.123456789::float8, 'Infinity'::float8`,
  },
  {
    name: 'the cost of an LLM call',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', 1000, 500, '2026-02-01')`,
  },
  {
    name: 'the cost of one token',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-5-nano', 1, 0, '2026-02-01')`,
  },
  {
    name: 'the cost of an unknown model',
    ask: `select * from ${C}.calculate_llm_cost('nobody', 'nothing', 1000, 500, '2026-02-01')`,
  },
  {
    name: 'the cost of all tokens there can be',
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', 9223372036854775807, 9223372036854775807, '2026-02-01')`,
  },
  {
    name: 'the cost of cached tokens',
    ask: `select * from ${C}.calculate_llm_cost_detailed('openai', 'gpt-5-mini', 8000, 400, cached_input_tokens => 6000, pricing_date => '2026-02-01')`,
  },
  {
    name: 'the cost of a sandbox',
    ask: `select * from ${C}.calculate_e2b_cost('standard', 'us-east-1', 300, null, null, null, '2026-02-01')`,
  },
  {
    name: 'the cost of a sandbox elsewhere',
    ask: `select * from ${C}.calculate_e2b_cost('gpu', 'eu-west-1', 10.5, 2, 4, 1, '2026-02-01')`,
  },
  {
    name: 'the price list',
    ask: `select provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at from ${C}.model_pricing order by provider collate "C", model collate "C"`,
  },
  {
    name: 'the tiers',
    ask: `select tier, region, price_per_second, price_per_cpu_core_second from ${C}.e2b_pricing order by price_per_second`,
  },
]
