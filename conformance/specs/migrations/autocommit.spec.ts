/**
 * The migrations are applied by what people apply them with: statement by statement in autocommit, in one transaction,
 * by psql and by the Supabase CLI. The result is the same schema.
 *
 * Method: on a database of its own with the platform only, as the role postgres, which is no superuser.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { schemaText } from '../../catalog/index.ts'
import { cliPush, type Database, migrations } from '../../engines/index.ts'
import { describe, expect, needs, needsTool } from '../../harness/index.ts'
import { verifyPhase1 } from '../../verify/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const files = migrations().map(({ name }) => join(root, 'supabase/migrations', name))
const quiet = $({ quiet: true, cwd: root })

/** The schema and the nine findings of a database, as somebody who connects later sees them. */
async function result(database: Database) {
  const session = await database.connect()
  const schema = await schemaText(session)
  await session.query('begin')
  const broken = (await verifyPhase1(session)).filter(({ outcome }) => outcome !== 'passed')
  await session.query('rollback')
  await session.close()
  return { schema, broken }
}

describe('applied twice', () => {
  needs('own-database')('statement by statement, committed one by one', async ({ ownDatabase }) => {
    const expected = await result(await ownDatabase())
    const database = await ownDatabase({ holds: 'platform', regime: 'open' })
    const session = await database.connect()
    for (const { sql } of [...migrations(), ...migrations()]) await session.run(sql)
    await session.close()
    expect(await result(database)).toEqual(expected)
  })

  needs(
    'own-database',
    'network',
    'thorough-run',
  )('by psql -f, in autocommit', async ({ ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase({ holds: 'platform' })
    for (const _ of ['first', 'second']) {
      const output =
        await quiet`${psql} --no-psqlrc -v ON_ERROR_STOP=1 ${database.url} ${files.flatMap((file) => ['-f', file])}`
      const notices = [...output.stderr.matchAll(/NOTICE: {2}(✓.*)/g)].map(([, notice]) => notice)
      expect(notices).toEqual([
        '✓ e2b_pricing table created',
        '✓ e2b_cost_records table created',
        '✓ cost_quotas extended with resource_type',
        '✓ 4 pricing tiers seeded',
        '✓ model_pricing table created',
        '✓ 27 total pricing records seeded',
      ])
    }
    expect(await result(database)).toEqual(await result(await ownDatabase()))
  })

  needs(
    'own-database',
    'network',
    'thorough-run',
  )('by psql -1, in one transaction', async ({ ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase({ holds: 'platform' })
    for (const _ of ['first', 'second']) {
      await quiet`${psql} --no-psqlrc -1 -v ON_ERROR_STOP=1 ${database.url} ${files.flatMap((file) => ['-f', file])}`
    }
    expect(await result(database)).toEqual(await result(await ownDatabase()))
  })

  needs(
    'own-database',
    'network',
    'time',
  )('by supabase db push, the second finding nothing to do', async ({ ownDatabase }) => {
    const database = await ownDatabase({ holds: 'platform' })
    const first = await cliPush(database.url ?? '')
    for (const { name } of migrations()) expect(first).toContain(name)
    expect(await cliPush(database.url ?? '')).toMatch(/up to date/i)
    const { schema, broken } = await result(database)
    expect({ schema, broken }).toEqual(await result(await ownDatabase()))
  })
})
