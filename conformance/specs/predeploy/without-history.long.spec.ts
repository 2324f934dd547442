/**
 * A target whose files were applied by psql, without a history: a push would run them again, on what is there.
 *
 * Method: a database gets the first file of a project by itself. What the gate then says of both files is what a push would meet.
 */
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, expect, onTestFinished, referenceServer, test } from '../../harness/index.ts'
import { observedStep, readFolder, targetState } from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'
import { plantedFolder } from './planted-folder.ts'

const GOODS = '20260101000000_goods.sql'
const AGAIN = 'create table if not exists public.goods (id int primary key, name text);'
const LOCKS = 'alter table public.goods add constraint named check (name is not null);'

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

/** What is said of a folder for a target that was given a script. */
async function said(files: Readonly<Record<string, string>>, script: string) {
  const database = await engine.open({ holds: 'platform' })
  onTestFinished(() => database.close())
  const session = await database.connect()
  await session.run(script)
  const folder = await readFolder(plantedFolder(files))
  const state = await inReadOnlyTransaction(session, () => targetState(session, folder))
  await session.close()
  const { findings } = await observedStep(folder, { on: engine, ...state, rows: () => undefined })
  const of = (claim: string) =>
    findings
      .filter(({ id }) => id.startsWith(claim))
      .map((one) => ('reason' in one ? one.reason : one.outcome))
      .join()
  return { locks: of('locks/nobody-waits'), former: of('former-release/') }
}

test('a table that is there is locked by a later file', async () => {
  const files = { [GOODS]: AGAIN, '20260102000000_named.sql': LOCKS }
  const { locks, former } = await said(files, AGAIN)
  expect(locks).toMatch(/^20260102000000_named\.sql:1: It stops all reads and writes of public\.goods/)
  expect(former).toBe('passed')
})

test('a table that is not there is new', async () => {
  const files = { [GOODS]: AGAIN, '20260102000000_named.sql': LOCKS }
  const { locks, former } = await said(files, 'create table public.others (id int)')
  expect(locks).toBe('passed')
  expect(former).toMatch(/not applicable: nothing is released yet/)
})

test('a file that cannot be run again is told', async () => {
  const { locks } = await said({ [GOODS]: AGAIN.replace('if not exists ', '') }, AGAIN)
  expect(locks).toMatch(
    /^not run: the files cannot be applied: 20260101000000_goods\.sql:1: relation "goods" already exists/,
  )
})

test('the last file of which all is there counts as there, with those before', async () => {
  const files = {
    [GOODS]: AGAIN,
    '20260102000000_note.sql': 'alter table public.goods add column if not exists note text;',
    '20260103000000_sales.sql': 'create table if not exists public.sales (id int);',
    '20260104000000_more.sql': 'create table if not exists public.more (id int);',
    '20260105000000_gone.sql': 'alter table public.goods drop column note;',
  }
  const script = [GOODS, '20260102000000_note.sql', '20260103000000_sales.sql'].map(
    (name) => files[name as keyof typeof files],
  )
  const { former } = await said(files, script.join('\n'))
  expect(former).toMatch(/^column public\.goods\.note: It is gone/)
})
