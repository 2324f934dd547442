/**
 * The target’s ledger against the folder: what `supabase db push` passes over in silence is found, and told apart.
 *
 * Method: the real CLI applies a folder to a database; then each test changes a copy of the folder as people change it. The
 * command that a finding names is run, and the finding is gone; of these, the one that changes the ledger comes last.
 */
import { beforeAll, describe, expect, test } from '../../harness/index.ts'
import { Project, projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()
let url: string | undefined

beforeAll(async () => {
  url = (await ownDatabase.forFile({ holds: 'platform' })).url
  const project = new Project(SHOP)
  await project.cli(url)
  project.delete()
})
const [GOODS, ORDERS] = Object.keys(SHOP) as [string, string]
const LEDGER = 'target/ledger'

describe('a target that agrees', () => {
  test('with everything applied gives no finding', async () => {
    const project = projectOf(SHOP)
    const { failed, unchecked, sections } = await project.target(url)
    expect({ failed, unchecked }).toEqual({ failed: [], unchecked: [] })
    expect(sections).toContain('Nothing: the target has every file.')
  })

  test('with a later file pending gives no finding, and names it', async () => {
    const project = projectOf(SHOP)
    project.write({ '20250101000003_more.sql': 'select 1;\n' })
    const { failed, sections } = await project.target(url)
    expect(failed).toEqual([])
    expect(sections).toContain('20250101000003_more.sql')
  })

  test('with another comment or line before a statement is not edited', async () => {
    const project = projectOf(SHOP)
    project.write({ [GOODS]: `-- Said later.\n\n${SHOP['20250101000001_goods.sql']}` })
    expect((await project.target(url)).failed).toEqual([])
  })
})

test('a file edited after it was applied is found', async () => {
  const project = projectOf(SHOP)
  project.write({ [ORDERS]: SHOP['20250101000002_orders.sql'].replace('timestamptz', 'date') })
  expect(await project.cli(url)).toMatchObject({ exitCode: 0 })
  const { failed, words } = await project.target(url)
  expect(failed).toEqual([`${LEDGER}: ${ORDERS}`])
  expect(words).toMatch(/edited after it was applied: its statement 2 .*supabase migration new/)
})

test('a migration that the folder lacks is found, and fetched as named', async () => {
  const project = projectOf(SHOP)
  project.remove(ORDERS)
  const { failed, words } = await project.target(url)
  expect(failed).toEqual([`${LEDGER}: migration 20250101000002_orders`])
  expect(words).toMatch(/ahead of the folder.*`supabase migration fetch`/)
  expect(await project.cli(url, ['migration', 'fetch', '--yes'])).toMatchObject({ exitCode: 0 })
  expect((await project.target(url)).failed).toEqual([])
})

test('a file before the last applied is found, and a diverged history', async () => {
  const project = projectOf(SHOP)
  await project.cli(url)
  const late = '20250101000000_early.sql'
  project.write({ [late]: 'create table public.early (id int);\n' })
  const skipped = await project.target(url)
  expect(skipped.failed).toEqual([`${LEDGER}: ${late}`])
  expect(skipped.words).toContain('It comes before the last migration that is applied')
  expect(await project.cli(url)).toMatchObject({ exitCode: 1 })

  project.remove(GOODS)
  const diverged = await project.target(url)
  expect(diverged.failed).toEqual([`${LEDGER}: supabase_migrations.schema_migrations`])
  expect(diverged.words).toMatch(/The histories diverge at 20250101000000/)
})

test('another name is told, and stops nothing', async () => {
  const project = projectOf(SHOP)
  project.remove(ORDERS)
  project.write({ '20250101000002_purchases.sql': SHOP['20250101000002_orders.sql'] })
  const { failed, warnings } = await project.target(url)
  expect(failed).toEqual([])
  expect(warnings.join('\n')).toContain('It was applied as 20250101000002_orders, and was renamed since.')
})

test('tables without a history are told, and stop nothing', async () => {
  const database = await ownDatabase({ holds: 'platform' })
  const session = await database.connect()
  await session.run(SHOP['20250101000001_goods.sql'])
  await session.close()
  const { failed, warnings } = await projectOf(SHOP).target(database.url)
  expect(failed).toEqual([])
  expect(warnings.join('\n')).toContain('1 tables and views and no history of migrations')
})

test('a file under another version is found, and noted anew as named', async () => {
  const project = projectOf(SHOP)
  project.remove(ORDERS)
  const moved = '20250202000000_orders.sql'
  project.write({ [moved]: SHOP['20250101000002_orders.sql'] })
  const { failed, words } = await project.target(url)
  expect(failed).toEqual([`${LEDGER}: ${moved}`])
  const commands = [...words.matchAll(/`supabase (migration repair [^`]+)`/g)].map(([, text]) => text ?? '')
  expect(commands).toHaveLength(2)
  for (const command of commands)
    expect(await project.cli(url, command.split(' '))).toMatchObject({ exitCode: 0 })
  expect((await project.target(url)).failed).toEqual([])
})
