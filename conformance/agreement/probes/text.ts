import type { Probe } from '../probe.ts'

/** Text, JSON and arrays: what the server prints is what is compared. */
export const textProbes: readonly Probe[] = [
  {
    name: 'the order of text in the database',
    ask: `select string_agg(v, ' ' order by v) from (values ('a'), ('B'), ('ä'), ('Z'), ('_'), ('1')) as t (v)`,
  },
  {
    name: 'the order of text byte by byte',
    ask: `select string_agg(v, ' ' order by v collate "C") from (values ('a'), ('B'), ('ä'), ('Z'), ('_'), ('1')) as t (v)`,
  },
  { name: 'upper case beyond ASCII', ask: `select upper('straße äöü'), lower('ÄÖÜ'), initcap('éa')` },
  { name: 'the length of text', ask: `select length('ä€😀'), octet_length('ä€😀')` },
  {
    name: 'a regular expression',
    ask: `select 'e2b_cost_summary_by_tenant' ~ 'cost.*summary', regexp_replace('a1b22', '\\d+', '#', 'g')`,
  },
  {
    name: 'the claims of a token',
    setup: [
      `select set_config('request.jwt.claims', '{"sub":"aaaaaaaa-0000-4000-8000-00000000000a","tenant_id":"t"}', true)`,
    ],
    ask: `select auth.uid(), auth.jwt() ->> 'tenant_id' as tenant, auth.role()`,
  },
  {
    name: 'no claims at all',
    setup: [`select set_config('request.jwt.claims', '', true)`],
    ask: `select auth.uid(), auth.jwt(), auth.role()`,
  },
  {
    name: 'claims that are no JSON',
    setup: [`select set_config('request.jwt.claims', 'nonsense', true)`],
    ask: `select auth.jwt()`,
  },
  { name: 'a setting that was never made', ask: `select current_setting('nobody.made_this', true)` },
  {
    name: 'jsonb keeps the last of two keys, in order of length',
    ask: `select '{"bb":1,"a":2,"a":3}'::jsonb, '{"a": 1.10}'::jsonb ->> 'a'`,
  },
  {
    name: 'an array',
    ask: `select array['a,b', null, 'c"d'], array_length('{}'::int[], 1), '{1,2}'::int[] @> '{2}'`,
  },
  {
    name: 'booleans and NULL',
    ask: `select true, false, null::boolean, null = null, null is not distinct from null`,
  },
  {
    name: 'a UUID',
    ask: `select 'AAAAAAAA-0000-4000-8000-000000000001'::uuid, gen_random_uuid() <> gen_random_uuid() as random`,
  },
  { name: 'a byte string', ask: `select '\\x00ff'::bytea, encode(sha256('a'), 'hex')` },
  {
    name: 'a quoted identifier',
    ask: `select quote_ident('Select'), quote_ident('a"b'), quote_literal(E'it''s \\\\'), format('%I.%L', 'a b', null)`,
  },
]
