import type { Probe } from '../probe.ts'

/** JSON, and the claims of a token, which are JSON. */
export const jsonProbes: readonly Probe[] = [
  {
    name: 'jsonb keeps the last of two keys, in order of length',
    ask: `select '{"bb":1,"a":2,"a":3}'::jsonb, '{"a": 1.10}'::jsonb ->> 'a'`,
  },
  {
    name: 'json is kept as it was written',
    ask: `select '{"bb":1, "a":2,"a":3}'::json, '{"a": 1.10}'::json ->> 'a'`,
  },
  {
    name: 'numbers in jsonb are exact',
    ask: `select '[0.1, 1e-20, 12345678901234567890.123456789, -0]'::jsonb, ('0.1'::jsonb)::numeric + ('0.2'::jsonb)::numeric`,
  },
  {
    name: 'characters in jsonb',
    ask: `select '"\\u00e4\\ud83d\\ude00\\n"'::jsonb, '"\\u00e4"'::jsonb #>> '{}'`,
  },
  { name: 'a character that jsonb cannot hold', ask: `select '"\\u0000"'::jsonb`, refused: '22P05' },
  { name: 'JSON that is none', ask: `select '{"a":}'::jsonb`, refused: '22P02' },
  {
    name: 'ways into jsonb',
    ask: `select j -> 'a' -> 1, j #>> '{a,0,b}', j -> 'nothing', j ->> 'n', j ? 'n', j @> '{"a":[2]}' from (values ('{"a":[{"b":1},2],"n":null}'::jsonb)) as t (j)`,
  },
  {
    name: 'subscripts of jsonb',
    ask: `select ('{"a":[1,2]}'::jsonb)['a'][1], jsonb_typeof('null'::jsonb), 'null'::jsonb is null`,
  },
  {
    name: 'changes of jsonb',
    ask: `select '{"a":1}'::jsonb || '{"b":2}', '{"a":1,"b":2}'::jsonb - 'a', jsonb_set('{"a":{"b":1}}', '{a,b}', '9'), jsonb_strip_nulls('{"a":null,"b":1}')`,
  },
  {
    name: 'jsonb from rows',
    ask: `select jsonb_agg(to_jsonb(t) order by t.v), jsonb_object_agg(t.k, t.v), jsonb_build_object('n', null, 'd', date '2026-02-01', 'x', 1.50) from (values ('a', 1), ('b', 2)) as t (k, v)`,
  },
  {
    name: 'rows from jsonb',
    ask: `select * from jsonb_to_recordset('[{"a":1,"b":"x"},{"a":2}]') as t (a int, b text)`,
  },
  { name: 'keys of jsonb', ask: `select key, value from jsonb_each('{"bb":1,"a":[2]}')` },
  {
    name: 'a path through jsonb',
    ask: `select jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] ? (@ > 1)'), jsonb_path_exists('{"a":1}', '$.b')`,
  },
  { name: 'a path that is none', ask: `select jsonb_path_query('{}', '$.')`, refused: '42601' },
  { name: 'a number of jsonb that is none', ask: `select ('"x"'::jsonb)::int`, refused: '22023' },
  {
    name: 'the order of jsonb',
    ask: `select string_agg(j::text, ' ' order by j) from (values ('1'::jsonb), ('"a"'), ('[]'), ('{}'), ('null'), ('true')) as t (j)`,
  },
  { name: 'jsonb made readable', ask: `select jsonb_pretty('{"a":[1,{"b":2}]}')` },
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
    refused: '22P02',
  },
  {
    name: 'a user whose id is no UUID',
    setup: [`select set_config('request.jwt.claims', '{"sub":"somebody"}', true)`],
    ask: `select auth.uid()`,
    refused: '22P02',
  },
  { name: 'a setting that was never made', ask: `select current_setting('nobody.made_this', true)` },
  {
    name: 'a setting that was never made, insisted on',
    ask: `select current_setting('nobody.made_this')`,
    refused: '42704',
  },
  {
    name: 'a setting made for a savepoint',
    setup: [
      `savepoint inner_one`,
      `select set_config('probe.setting', 'x', true)`,
      `rollback to savepoint inner_one`,
    ],
    ask: `select current_setting('probe.setting', true)`,
  },
]
