/**
 * COPY into a price list does what the same INSERT would: a new version, or nothing.
 *
 * Method: psql copies rows from its input, in autocommit.
 */
import { $ } from 'zx'
import { priceLists } from '../../../fixtures/price-lists.ts'
import type { Database, Session } from '../../engines/index.ts'
import { describe, expect, needs, needsTool } from '../../harness/index.ts'

const byPsql = needs('own-database', 'network')

/** Copies tab-separated rows, and answers what psql says when it is refused. */
async function copied(
  psql: string,
  { url }: Database,
  table: string,
  rows: string,
): Promise<string | undefined> {
  const { exitCode, stderr } = await $({
    input: rows,
    nothrow: true,
    quiet: true,
  })`${psql} --no-psqlrc -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -c ${`copy copilot_internal.${table} from stdin`} ${url}`
  return exitCode === 0 ? undefined : stderr
}

/** Tab-separated values of a row without its id and times. */
const tabbed = (row: string) => row.replaceAll("'", '').replaceAll(', ', '\t')

describe.each(priceLists)('$table', (list) => {
  const { table, periods, columns, row, seeded, cost, where } = list
  const into = (more: string) => `${table} (${columns}${more})`
  const everything = async (session: Session) => [
    await session.query(`select p::text from copilot_internal.${table} as p order by 1`),
    await session.query(`select c::text from copilot_internal.model_pricing_components as c order by 1`),
    await session.query(`select t::text from copilot_internal.${periods} as t order by 1`),
  ]

  byPsql(`${table}: a row of now is a new version`, async ({ ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase()
    const session = await database.connect()
    expect(await copied(psql, database, into(''), `${tabbed(row('5'))}\n`)).toBeUndefined()
    expect(await session.query(cost('now()'))).toEqual([{ cost: '5' }])
    expect(await session.query(cost(`now() - interval '1 hour'`))).toEqual([{ cost: seeded }])
    await session.close()
  })

  byPsql(
    `${table}: rows that are there already are refused, and change nothing`,
    async ({ ownDatabase, skip }) => {
      const psql = await needsTool('psql', skip)
      const database = await ownDatabase()
      const session = await database.connect()
      await session.query(list.set('4', `effective_date => now() + interval '1 day'`))
      const before = await everything(session)
      const starts = await session.query(
        `select effective_date::text as at from copilot_internal.${table} where ${where} order by effective_date`,
      )
      for (const { at } of starts) {
        const rows = `${tabbed(row('6'))}\t2040-01-01 00:00+00\n${tabbed(row('5'))}\t${at}\n`
        expect(await copied(psql, database, into(', effective_date'), rows)).toMatch(/23505/)
        expect(await everything(session)).toEqual(before)
      }
      await session.close()
    },
  )
})
