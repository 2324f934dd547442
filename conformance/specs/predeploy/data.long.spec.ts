/**
 * Rows at the target that new rules would refuse: counted, with the key of one and never a value.
 *
 * Method: a project's first file makes tables, a database holds rows in them, and a second file demands something of them.
 */
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, expect, onTestFinished, referenceServer, test } from '../../harness/index.ts'
import { dataStep, observe, readFolder } from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'
import { plantedFolder } from './planted-folder.ts'

const BASE = `
  create table public.shops (id bigint primary key, name text not null);
  create table public.orders (id bigint primary key, shop_id bigint, amount numeric, email text, state text);`
const ROWS = `
  insert into public.shops values (1, 'secret-name');
  insert into public.orders values (11, 1, 5, 'a@secret', 'new'), (12, 1, -5, 'a@secret', 'new'), (13, 99, 7, null, 'odd'),
    (14, null, 0, 'b@secret', null);`

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

/** What is said of rows at a database that has the first file. */
async function told(
  sql: string,
  {
    mend,
    base = '',
    rows = '',
  }: { readonly mend?: string | undefined; readonly base?: string; readonly rows?: string } = {},
): Promise<string[]> {
  const folder = await readFolder(
    plantedFolder({
      '20260101000000_base.sql': BASE + base,
      ...(mend === undefined ? {} : { '20260101120000_mend.sql': mend }),
      '20260102000000_change.sql': sql,
    }),
  )
  const observed = await observe(folder, {
    on: engine,
    applied: new Set(['20260101000000_base.sql']),
  })
  const database = await engine.open({ holds: 'platform' })
  onTestFinished(() => database.close())
  const session = await database.connect()
  await session.run(BASE + base + ROWS + rows)
  const { findings, notes } = await inReadOnlyTransaction(session, () => dataStep(session, folder, observed))
  await session.close()
  const said = findings.flatMap((one) => (one.outcome === 'passed' ? [] : [`${one.outcome}: ${one.reason}`]))
  return [...said, ...notes.map(({ kind, text }) => `${kind}: ${text}`)]
}

test.for([
  ['a check', 'alter table public.orders add constraint positive check (amount > 0)', '2 rows', 'id = 12'],
  ['NOT NULL', 'alter table public.orders alter column email set not null', '1 row', 'id = 13'],
  ['a unique index', 'create unique index one_email on public.orders (email)', '2 rows', 'id = 11'],
  [
    'a unique index of an expression, of some rows',
    `create unique index one_name on public.orders (lower(email)) where amount > -10`,
    '2 rows',
    'id = 11',
  ],
  [
    'a foreign key',
    'alter table public.orders add foreign key (shop_id) references public.shops (id)',
    '1 row',
    'id = 13',
  ],
  [
    'a type',
    `create type public.state as enum ('new', 'paid');
     alter table public.orders alter column state type public.state using state::public.state`,
    '1 row',
    'id = 13',
  ],
  [
    'a constraint that is validated later',
    `alter table public.orders add constraint positive check (amount > 0) not valid;
     alter table public.orders validate constraint positive`,
    '2 rows',
    'id = 12',
  ],
  [
    'a rule made by dynamic SQL',
    `do $$ begin execute 'alter table public.orders add constraint positive check (amount > 0)'; end $$`,
    '2 rows',
    'id = 12',
  ],
] as const)('%s that rows stand against is told, with one key', async ([, sql, count, key]) => {
  const [first = '', ...more] = await told(sql)
  expect(first).toMatch(/^failed: /)
  expect(first).toContain(`${count} of public.orders would be refused, such as the one with ${key}.`)
  expect(more).toEqual([])
  expect(first).not.toMatch(/secret|odd/)
})

test('a rule for new rows alone is a warning', async () => {
  const said = await told('alter table public.orders add check (amount > 0) not valid')
  expect(said).toHaveLength(1)
  expect(said[0]).toMatch(/^warning: .*2 rows of public\.orders .* stay, and can be written again/)
})

test.for<readonly [string, string]>([
  ['rules that the rows keep', 'alter table public.orders add constraint some check (amount > -10)'],
  ['columns that are new', 'alter table public.orders add column note text unique check (note is not null)'],
  ['tables that are new', 'create table public.notes (id int primary key check (id > 0))'],
  ['a wider type', 'alter table public.orders alter column state type varchar(200)'],
])('%s pass', async ([, sql]) => {
  expect((await told(sql)).filter((one) => !one.startsWith('skipped: not applicable: '))).toEqual([])
})

test('a rule that holds already is not asked again', async () => {
  expect(await told('alter table public.shops alter column name set not null')).toEqual([
    'skipped: not applicable: nothing new is demanded of rows that are there',
  ])
})

const REQUIRED = 'alter table public.orders alter column email set not null'
const MEND = `update public.orders set email = 'none' where email is null;`

test.for<readonly [what: string, sql: string, mend: string | undefined, place: string]>([
  ['an earlier file', REQUIRED, MEND, '20260101120000_mend.sql:1 changes'],
  [
    'an earlier file that names no schema',
    REQUIRED,
    `\ndelete from orders where id = 13`,
    '20260101120000_mend.sql:2 changes',
  ],
  ['a statement before it', `${MEND} ${REQUIRED}`, undefined, '20260102000000_change.sql:1 changes'],
  ['a DO block', REQUIRED, `do $$ begin ${MEND} end $$`, '20260101120000_mend.sql:1 changes'],
  [
    'dynamic SQL',
    REQUIRED,
    `do $$ begin execute format('update public.%I set email = 1', 'orders'); end $$`,
    '20260101120000_mend.sql:1 may change',
  ],
  [
    'a function',
    REQUIRED,
    `create function public.mend() returns void language sql as $$ ${MEND} $$; select public.mend()`,
    '20260101120000_mend.sql:1 may change',
  ],
])('rows that %s may mend are a warning', async ([, sql, mend, place]) => {
  const said = await told(sql, { mend })
  expect(said).toHaveLength(1)
  expect(said[0]).toMatch(/^warning: .*1 row of public\.orders would be refused, .*id = 13/)
  expect(said[0]).toContain(`That is now: ${place} this table first.`)
})

test.for<readonly [what: string, sql: string, mend?: string]>([
  ['a change of another table', REQUIRED, `update public.shops set name = 'x' where id = 1`],
  ['a change after it', `${REQUIRED}; delete from public.orders where id = 99`],
  ['a setting', REQUIRED, `select pg_catalog.set_config('search_path', '', false)`],
])('%s mends nothing', async ([, sql, mend]) => {
  const said = await told(sql, { mend })
  expect(said).toHaveLength(1)
  expect(said[0]).toMatch(/^failed: /)
})

test('a comment lets rows pass until its day', async () => {
  const allowed = (day: string) =>
    told(`-- predeploy: allow data/rows until ${day}: they are test rows\n${REQUIRED}`)
  expect(await allowed('2999-01-01')).toEqual([])
  expect((await allowed('2020-01-01'))[0]).toMatch(/^failed: /)
})

test.for([['select 1'], [`${REQUIRED}; select 1`]])(
  'a comment above what demands nothing is a warning: %s',
  async ([sql]) => {
    const comment = '-- predeploy: allow data/rows until 2999-01-01: they are test rows'
    const said = await told(`${sql?.replace('select 1', `\n${comment}\nselect 1`)}`)
    expect(said.at(-1)).toMatch(
      /^warning: 20260102000000_change\.sql:\d: It suppresses data\/rows, and there is nothing/,
    )
  },
)

const TYPES = `
  alter table public.orders alter column amount type numeric(10, 2);
  alter table public.orders add column status text, add column seen timestamptz, add column big bigint, add column flag boolean;
  create function public.half(x numeric) returns numeric language sql as 'select x / 2';`
const VALUES = `
  update public.orders set status = 's' || id, amount = id, seen = '2026-01-01 00:00+00', big = id, flag = true;
  update public.orders set status = 'odd-secret' where id = 12;
  update public.orders set amount = 0.5, big = 3000000000, seen = '2026-01-01 10:00+00' where id = 13;`

test.for<readonly [what: string, change: string, said: readonly RegExp[]]>([
  [
    'USING that takes all but one',
    'status type integer using substr(status, 2)::integer',
    [/^failed: .* 1 row .* refused, .* id = 12\./],
  ],
  [
    'USING with cast()',
    'status type int using cast(substr(status, 2) as int)',
    [/^failed: .* 1 row .* refused, .* id = 12\./],
  ],
  [
    'USING that mends',
    `status type integer using case when status ~ '^s' then substr(status, 2)::integer end`,
    [],
  ],
  [
    'USING that fails within',
    'status type integer using 1 + substr(status, 2)::integer',
    [/^failed: .*A row of public\.orders at least would be refused: .*22P02/],
  ],
  [
    'a fraction that is rounded',
    'amount type integer',
    [/^failed: .* 1 row of public\.orders would lose a part of their value .* id = 13\./],
  ],
  ['a fraction that is rounded on purpose', 'amount type integer using round(amount)', []],
  ['digits that are cut', 'amount type numeric(10, 0)', [/^failed: .* 1 row .* lose .* id = 13\./]],
  ['a number too large', 'big type integer', [/^failed: .* 1 row .* refused, .* id = 13\./]],
  ['a wider number', 'big type numeric', []],
  ['a day of a time', 'seen type date', [/^failed: .* rows? .* lose /]],
  ['a text too long', 'status type varchar(5)', [/^failed: .* 1 row .* refused, .* id = 12\./]],
  [
    'a text that is cut',
    'status type varchar(5) using status::varchar(5)',
    [/^failed: .* 1 row .* lose .* id = 12\./],
  ],
  ['a truth as a number', 'flag type integer using flag::integer', []],
])('%s is told as it is', async ([, change, said]) => {
  const found = await told(`alter table public.orders alter column ${change}`, { base: TYPES, rows: VALUES })
  expect(found).toHaveLength(said.length)
  for (const [i, pattern] of said.entries()) expect(found[i]).toMatch(pattern)
  expect(found.join('\n')).not.toContain('secret')
})

test.for<readonly [what: string, sql: string]>([
  [
    'a domain',
    `create domain public.few as text check (value <> ''); alter table public.orders alter column email type public.few`,
  ],
  [
    'a function',
    `create function public.f(text) returns integer language sql as 'select 1';
    alter table public.orders alter column email type integer using public.f(email)`,
  ],
])('%s of a pending file is not known at the target yet', async ([, sql]) => {
  const said = await told(sql)
  expect(said).toHaveLength(1)
  expect(said[0]).toMatch(/^skipped: not run: .*not known at the target yet/)
})
