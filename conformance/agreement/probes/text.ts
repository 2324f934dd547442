import type { Probe } from '../probe.ts'

/** Text, arrays and identifiers: what the server prints is what is compared. */
export const textProbes: readonly Probe[] = [
  {
    name: 'the order of text in the database',
    ask: `select string_agg(v, ' ' order by v) from (values ('a'), ('B'), ('ä'), ('Z'), ('_'), ('1')) as t (v)`,
  },
  {
    name: 'the order of text byte by byte',
    ask: `select string_agg(v, ' ' order by v collate "C") from (values ('a'), ('B'), ('ä'), ('Z'), ('_'), ('1')) as t (v)`,
  },
  {
    name: 'comparing text in the database',
    ask: `select 'a' < 'B' as folded, 'gpt-4' < 'gpt-4o' as longer, 'a' = 'A' as same`,
  },
  {
    name: 'a nondeterministic collation',
    setup: [
      `create collation public.whatever_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    ],
    ask: `select 'abc' = 'ABC' collate public.whatever_case as same`,
  },
  { name: 'a collation that there is not', ask: `select 'a' < 'b' collate "xx_XX"`, refused: '42704' },
  { name: 'two collations at once', ask: `select 'a' collate "C" < 'b' collate "POSIX"`, refused: '42P21' },
  { name: 'upper case beyond ASCII', ask: `select upper('straße äöü'), lower('ÄÖÜ'), initcap('éa')` },
  { name: 'upper case of ASCII', ask: `select upper('abc'), lower('ABC'), initcap('hello world')` },
  { name: 'the length of text', ask: `select length('ä€😀'), octet_length('ä€😀'), char_length('é')` },
  {
    name: 'two ways to write é',
    ask: `select normalize(U&'e\\0301') = 'é' as same, U&'e\\0301' = 'é' as as_is, length(U&'e\\0301')`,
  },
  { name: 'text that is no UTF-8', ask: `select convert_from('\\xff'::bytea, 'UTF8')`, refused: '22021' },
  { name: 'a character that text cannot hold', ask: `select chr(0)`, refused: '54000' },
  {
    name: 'text too long for its type',
    setup: ['create table public.short (v varchar(3))'],
    ask: `insert into public.short values ('abcd')`,
    refused: '22001',
  },
  {
    name: 'a cast cuts text off',
    ask: `select 'abcd'::varchar(3), 'ab'::char(3) || 'c', length('a  '::char(3))`,
  },
  {
    name: 'a regular expression',
    ask: `select 'e2b_cost_summary_by_tenant' ~ 'cost.*summary', regexp_replace('a1b22', '\\d+', '#', 'g'), regexp_count('banana', 'a'), regexp_substr('a1b22', '\\d+', 1, 2)`,
  },
  { name: 'a class of characters beyond ASCII', ask: `select 'ä' ~ '[[:alpha:]]', 'ä' ~ '\\w', 'É' ~* 'é'` },
  { name: 'a regular expression that is none', ask: `select 'a' ~ '('`, refused: '2201B' },
  {
    name: 'a pattern of like',
    ask: `select 'a_b' like 'a\\_b', 'axb' like 'a\\_b', 'ABC' ilike 'a%', 'x%' like 'x!%' escape '!'`,
  },
  {
    name: 'parts of text',
    ask: `select split_part('a,b,c', ',', -1), substring('hello' from 2 for 3), left('abc', -1), strpos('abc', 'c'), overlay('abcd' placing 'X' from 2 for 2), lpad('7', 3, '0')`,
  },
  {
    name: 'text put together',
    ask: `select concat_ws('-', 'a', null, 'b'), 'a' || null, concat('a', null), format('%s of %s, %1$s', 1, 2), repeat('ab', 2)`,
  },
  {
    name: 'an array',
    ask: `select array['a,b', null, 'c"d'], array_length('{}'::int[], 1), '{1,2}'::int[] @> '{2}'`,
  },
  {
    name: 'arrays with bounds of their own',
    ask: `select '[0:1]={1,2}'::int[], array[[1,2],[3,4]], array_append('{1}'::int[], 2), ('{1,2,3}'::int[])[2:], array_position('{a,b}'::text[], 'b')`,
  },
  { name: 'an array that is none', ask: `select '{1,2'::int[]`, refused: '22P02' },
  {
    name: 'rows of an array, in order',
    ask: `select * from unnest(array['x', 'y'], array[1, 2, 3]) with ordinality`,
  },
  {
    name: 'booleans and NULL',
    ask: `select true, false, null::boolean, null = null, null is not distinct from null`,
  },
  {
    name: 'words that are booleans',
    ask: `select 'yes'::boolean, 'off'::boolean, '1'::boolean, ' t '::boolean`,
  },
  { name: 'a word that is no boolean', ask: `select 'maybe'::boolean`, refused: '22P02' },
  {
    name: 'NULL in a list',
    ask: `select 1 in (2, null), 1 not in (2, null), 1 = any ('{1,null}'), count(*) filter (where null) from (values (1)) as t (v)`,
  },
  {
    name: 'NULL comes last, or first when descending',
    ask: `select string_agg(coalesce(v, '-'), '' order by v), string_agg(coalesce(v, '-'), '' order by v desc) from (values ('a'), (null), ('b')) as t (v)`,
  },
  {
    name: 'a composite value',
    ask: `select row(1, 'a,b', null), row(1, null) is null, row(null, null) is null, (1, 2) < (1, 3)`,
  },
  {
    name: 'a UUID',
    ask: `select 'AAAAAAAA-0000-4000-8000-000000000001'::uuid, '{aaaaaaaa00004000800000000000000f}'::uuid, gen_random_uuid() <> gen_random_uuid() as random`,
  },
  {
    name: 'a UUID made of a name',
    ask: `select extensions.uuid_generate_v5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'example.com')`,
  },
  {
    name: 'a byte string',
    ask: `select '\\x00ff'::bytea, encode(sha256('a'), 'hex'), encode('a'::bytea, 'base64'), md5('a')`,
  },
  {
    name: 'a digest of an extension',
    ask: `select encode(extensions.digest('a', 'sha256'), 'hex'), encode(extensions.hmac('a', 'key', 'sha1'), 'hex')`,
  },
  {
    name: 'a quoted identifier',
    ask: `select quote_ident('Select'), quote_ident('a"b'), quote_literal(E'it''s \\\\'), format('%I.%L', 'a b', null)`,
  },
  { name: 'an identifier that is too long', ask: `select 1 as ${'n'.repeat(70)}` },
  {
    name: 'hashes that place rows',
    ask: `select hashtext('abc'), hashtextextended('abc', 0), hash_numeric(1.5)`,
  },
]
