/**
 * A comment above a statement lets pass what that statement does, and nothing else.
 *
 * Method: the second file of a small project holds a statement with a comment, and beside it what somebody might think is covered.
 */
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test } from '../../harness/index.ts'
import { errorsOf, warningsOf } from './planted-folder.ts'
import { findings, observed } from './watched-shop.ts'

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

describe('a suppression', () => {
  const allow = (rule: string) => `-- predeploy: allow ${rule} until 2099-12-31: it is meant\n`
  const VIEW = `${allow('privileges/nothing-opens')}create view public.amounts as select amount from public.orders;\n`
  const DROP = `${allow('former-release/still-answered')}alter table public.orders drop column id cascade;\n`

  test.for([
    [
      'what the statement below it does',
      `create schema kept;\n${DROP}create table kept.notes (id int primary key)`,
    ],
    ['what is done later with what that statement makes', `${VIEW}grant select on public.amounts to anon`],
    [
      'what a block does',
      `${allow('privileges/nothing-opens')}do $$ begin execute 'alter table public.orders disable row level security'; end $$`,
    ],
  ])('lets pass %s', async ([, sql]) => {
    const result = await observed(engine, sql ?? '')
    expect(errorsOf(result)).toEqual([])
    const used = /^Suppressed: 20260102000000_change\.sql:\d: \d+ × /
    expect(result.notes.filter(({ text }) => used.test(text))).toHaveLength(1)
  })

  test.for([
    [
      'later objects of a schema that it names',
      `${VIEW}grant select on public.amounts to anon;
       do $$ begin execute 'alter default privileges in schema public grant select on tables to anon'; end $$`,
      /^failed: later tables of \w+ in schema public: anon/,
    ],
    [
      'a column of another table, named alike',
      `${DROP}do $$ begin execute 'alter table public.shops drop column id'; end $$`,
      /^failed: column public\.shops\.id: It is gone/,
    ],
    [
      'what another statement does to a table that it names',
      `${VIEW}grant select on public.amounts to anon; alter table public.orders disable row level security`,
      /^failed: table public\.orders: anon or authenticated/,
    ],
  ] as const)('does not let pass %s', async ([, sql, said]) => {
    expect(await findings(engine, sql)).toEqual([expect.stringMatching(said)])
  })

  test.for(['locks/nobody-waits', 'privileges/nothing-opens', 'former-release/still-answered'])(
    'of %s that lets nothing pass is a warning',
    async (rule) => {
      expect(warningsOf(await observed(engine, `${allow(rule)}select 1`))).toEqual([
        `20260102000000_change.sql:1: It suppresses ${rule}, and there is nothing to suppress. Remove it.`,
      ])
    },
  )
})
