/**
 * The faults that `npm run mutate` plants: where they are, what they are called, and that none is planted in words for people.
 *
 * Method: a small function with something of each kind. That faults are noticed, or not, is seen on the projects in fixtures/mutate.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '../../harness/index.ts'
import {
  EXPLAINED_FILE,
  explainedIn,
  functionMutants,
  isWanted,
  locatedStatements,
  type Mutant,
  mutationReport,
  scriptMutants,
} from '../../mutate/index.ts'

const FUNCTION = `create function app.f(a numeric, b numeric default 2)
  returns numeric
  language plpgsql
as $$
declare
  total numeric;
begin
  -- a < b is said here, and is no condition.
  if a < 0 or b is null then
    raise exception using errcode = '22023', message = 'a < 0 is refused.';
  end if;
  select coalesce(sum(t.x) filter (where t.is_open), 0) into total
  from app.t as t
  where t.a = a and t.b = b
  order by t.x desc
  for update;
  perform pg_advisory_xact_lock(1);
  return round(total * 1.5, 2);
end
$$`

async function faults(text: string): Promise<Mutant[]> {
  return functionMutants(await locatedStatements([{ name: '1.sql', sql: text }]))
}

const changes = async (text: string) =>
  (await faults(text)).map(({ kind, edit }) => `${kind}: ${text.slice(edit.from, edit.to)} → ${edit.text}`)

test.for([
  'comparison: < → <=',
  'connective: or → and',
  'condition: a < 0 → false',
  'null handling: is → is not',
  "exception code: '22023' → 'P0001'",
  'branch: a < 0 or b is null → true',
  'branch: a < 0 or b is null → false',
  'aggregate: filter (where t.is_open) → ',
  'condition: t.a = a → true',
  'order: desc → asc',
  'lock: for update → ',
  'lock: update → share',
  'lock: perform pg_advisory_xact_lock(1) → null',
  'rounding: round → trunc',
  'arithmetic: * → +',
  'constant: 1.5 → 1.51',
  'constant: 1.5 → (1.5 * 1000)',
  'return value: round(total * 1.5, 2) → null',
  'default: 2 → 3',
])('%s', async (change) => {
  expect(await changes(FUNCTION)).toContain(change)
})

test('no fault is planted in a comment or a message', async () => {
  const of = FUNCTION.indexOf('-- a < b')
  const message = FUNCTION.indexOf("'a < 0")
  for (const { edit } of await faults(FUNCTION)) {
    expect(edit.from < of || edit.from > of + 30).toBe(true)
    expect(edit.from).not.toBe(message)
  }
})

test('no fault is planted in a constant that nobody reads', async () => {
  const text = FUNCTION.replace(
    'return round',
    'perform 7 from app.t; if not exists (select 8 from app.t limit 9) then return 0; end if; delete from app.t returning 6; return round',
  )
  const constants = (await changes(text)).filter((change) => change.startsWith('constant: '))
  expect(constants).toContain('constant: 0 → 1')
  for (const change of constants) expect(change).not.toMatch(/: [678] /)
})

test.for([
  ['update app.t set x = p, y = q', ['x = p, y = q → x = q, y = p']],
  ['update app.t set x = p, y = p', []],
  ['select t.x as p, t.y as q into one from app.t', ['t.x as p, t.y as q → t.y as p, t.x as q']],
  ['select t.x, t.y into a, b from app.t', ['t.x, t.y → t.y, t.x', 'a, b → b, a']],
  // What is read by its name is the same wherever it stands.
  ['select t.x, t.y into one from app.t', []],
  ['for one in select t.x, t.y from app.t loop null; end loop', []],
] as const)('of columns, what they are made of is exchanged: %s', async ([statement, exchanged]) => {
  const text = FUNCTION.replace('total numeric;', 'total numeric; one record;').replace(
    'return round',
    `${statement}; return round`,
  )
  expect((await changes(text)).filter((change) => change.startsWith('column: '))).toEqual(
    exchanged.map((change) => `column: ${change}`),
  )
})

test('of a list of prices each one is changed, and no argument of a function', async () => {
  const files = [
    { name: '1.sql', sql: 'insert into app.p values (1.50, round(2.75, 2)), (3.25, 0.5), (4, null);' },
  ]
  const planted = await scriptMutants(files, await locatedStatements(files))
  const prices = planted.filter(({ kind }) => kind === 'price')
  expect(
    prices.map(({ edit }) => `${files[0]?.sql.slice(edit.from, edit.to)} → ${edit.text}`).sort(),
  ).toEqual(['0.5 → 0.6', '1.50 → 2.50', '3.25 → 4.25'])
})

test('a fault keeps its name, whatever is written above it', async () => {
  const names = (all: readonly Mutant[]) => all.map(({ id }) => id)
  expect(names(await faults(`create table app.t (x int);\n${FUNCTION}`))).toEqual(
    names(await faults(FUNCTION)),
  )
  expect(new Set(names(await faults(FUNCTION))).size).toBe((await faults(FUNCTION)).length)
})

test('of a function that is made twice, only what counts is changed', async () => {
  const again = `${FUNCTION};\n${FUNCTION.replace('create', 'create or replace')}`
  for (const { edit } of await faults(again)) expect(edit.from).toBeGreaterThan(FUNCTION.length)
})

describe('what is wanted', () => {
  const wanted = async (options: Partial<Parameters<typeof isWanted>[0]>) =>
    (await faults(FUNCTION)).filter(isWanted({ sample: 1, seed: '1', only: [], ...options }))

  test('is the same part for the same seed, and another for another', async () => {
    const part = await wanted({ sample: 0.5 })
    expect(await wanted({ sample: 0.5 })).toEqual(part)
    expect(await wanted({ sample: 0.5, seed: '2' })).not.toEqual(part)
  })

  test('is a kind, an object, a file or an id', async () => {
    const all = await faults(FUNCTION)
    expect(new Set((await wanted({ only: ['lock'] })).map(({ kind }) => kind))).toEqual(new Set(['lock']))
    expect(await wanted({ only: ['f'] })).toEqual(all)
    expect(await wanted({ only: ['1.sql'] })).toEqual(all)
    expect(await wanted({ only: [all[3]?.id ?? ''] })).toEqual([all[3]])
    expect(await wanted({ only: ['2.sql'] })).toEqual([])
  })

  test('is what has changed since a commit', async () => {
    expect(await wanted({ sample: 0, unchanged: new Set([FUNCTION]), touched: new Set() })).toEqual([])
    expect(
      (await wanted({ sample: 0, unchanged: new Set(), touched: new Set(['f']) })).length,
    ).toBeGreaterThan(20)
  })
})

test('each fault that is explained says why nobody could notice it', () => {
  expect(() => explainedIn(EXPLAINED_FILE)).not.toThrow()
  const named = [...readFileSync(EXPLAINED_FILE, 'utf8').matchAll(/"id": "(\w+)"/g)]
  expect(new Set(named.map(([, id]) => id)).size).toBe(named.length)
})

test.for([
  [0, {}, /No claim runs it\.$/],
  [1, { 'a.spec.ts': '' }, / 1 claim looked at it: a\.spec\.ts\.$/],
  [2, { 'a.spec.ts': '' }, / 2 claims looked at it: a\.spec\.ts\.$/],
  [5, Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, ''])), / and 1 more file\.$/],
] as const)('%i claims that looked at a survivor are named', async ([looked, files, says]) => {
  const [mutant] = await faults(FUNCTION)
  if (!mutant) throw new Error('There is no fault.')
  const result = { id: mutant.id, key: '', files, looked, ms: 1, outcome: 'survived' as const }
  const header = { startedAt: '2026-01-04T12:00:00.000Z', durationMs: 1, host: 'a', node: 'b' }
  const trial = { command: 'npm run mutate', migrations: [], servers: [], notStarted: [] }
  const around = { header, trial, before: undefined, refused: 0, golden: [] }
  expect(mutationReport([{ mutant, result }], around).findings).toMatchObject([
    { outcome: 'failed', reason: expect.stringMatching(says) },
  ])
})
