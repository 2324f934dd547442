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
    ask: `select 1::numeric / 3 as third, 2000000000000::numeric / 3 as large`,
  },
  {
    name: 'rounding halves away from zero',
    ask: `select round(0.5), round(1.5), round(-0.5), round(2.345, 2)`,
  },
  {
    name: 'money without padding',
    ask: `select round(v, greatest(3, min_scale(v))) as money from (values (0.0300000), (0), (0.00000005), (12.5)) as t (v)`,
  },
  { name: 'trailing zeros', ask: `select trim_scale(1.500), min_scale(1.500), scale(1.500)` },
  {
    name: 'infinity is a number',
    ask: `select 'infinity'::numeric > 1e100 as greater, 'infinity'::numeric - 'infinity'::numeric as difference`,
  },
  {
    name: 'NaN is greater than all',
    ask: `select 'NaN'::numeric >= 0 as passes, 'NaN'::numeric = 'NaN'::numeric as same`,
  },
  { name: 'a numeric too large for its type', ask: `select 123456789::numeric(8,2)` },
  {
    name: 'a numeric too fine for its type',
    ask: `select 0.0000000000005::numeric(20,12), 0.0000000000004::numeric(20,12)`,
  },
  { name: 'a bigint that overflows', ask: `select 9223372036854775807 + 1` },
  { name: 'a division by zero', ask: `select 1 / 0` },
  {
    name: 'sums of bigint are numeric',
    ask: `select sum(v), avg(v) from (values (9223372036854775807), (9223372036854775807)) as t (v)`,
  },
  {
    name: 'an average of nothing',
    ask: `select avg(v), sum(v), count(v) from (values (1.0)) as t (v) where false`,
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
    name: 'the cost of a sandbox',
    ask: `select * from ${C}.calculate_e2b_cost('standard', 'us-east-1', 300, null, null, null, '2026-02-01')`,
  },
  {
    name: 'the cost of a sandbox elsewhere',
    ask: `select * from ${C}.calculate_e2b_cost('gpu', 'eu-west-1', 10.5, 2, 4, 1, '2026-02-01')`,
  },
  {
    name: 'the price list',
    ask: `select provider, model_name, input_price_per_million, output_price_per_million from ${C}.model_pricing order by provider collate "C", model_name collate "C"`,
  },
]
