/**
 * What `supabase db push` passes over or does by halves, and the gate finds before anything is applied.
 *
 * Method: the real CLI pushes a folder with the fault to a database of the test’s own, so that the hole is seen; the gate judges
 * the same folder. Edits, other versions and diverged histories are in ledger.long.spec.ts; two deploys and locks in
 * deploy.long.spec.ts.
 */
import { expect, test } from '../../harness/index.ts'
import { readFolder, repositoryStep } from '../../predeploy/index.ts'
import { type Project, projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()

/** The tables of the shop that there are after a push, and how that ended. */
async function pushed(project: Project) {
  const { url, connect } = await ownDatabase({ holds: 'platform' })
  const { exitCode } = await project.cli(url)
  const session = await connect()
  const rows = await session.query(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  )
  const ledger = await session.query('select version from supabase_migrations.schema_migrations order by 1')
  await session.close()
  return { exitCode, tables: rows.map(({ relname }) => relname), ledger: ledger.length }
}

const failedIn = async (project: Project) =>
  (await repositoryStep(await readFolder(project.folder))).findings
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ id }) => id)

test('a file with another name is passed over in silence, and found', async () => {
  const project = projectOf({ ...SHOP, '20250101000003-more.sql': 'create table public.more (id int);\n' })
  expect(await pushed(project)).toEqual({ exitCode: 0, tables: ['goods', 'orders'], ledger: 2 })
  expect(await failedIn(project)).toEqual(['repository/names: 20250101000003-more.sql'])
})

test('of two files of one version the push applies one, and both are found', async () => {
  const project = projectOf({
    ...SHOP,
    '20250101000002_others.sql': 'create table public.others (id int);\n',
  })
  expect(await pushed(project)).toEqual({ exitCode: 1, tables: ['goods', 'orders'], ledger: 2 })
  expect(await failedIn(project)).toEqual(['repository/versions: 20250101000002_others.sql'])
})

test('two pushes at once are not kept apart', async () => {
  const project = projectOf({ ...SHOP, '20250101000003_slow.sql': 'select pg_sleep(1);\n' })
  const { url } = await ownDatabase({ holds: 'platform' })
  const ends = await Promise.all([project.cli(url), project.cli(url)])
  // Either both run everything, or one stumbles over what the other has made: neither is told of the other.
  expect(ends.some(({ output }) => /another|in progress|locked by/i.test(output))).toBe(false)
})
