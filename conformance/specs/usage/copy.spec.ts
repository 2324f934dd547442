/**
 * COPY into the cost records is held to what any INSERT is: a record carries the price that was applied, and costs what follows
 * from it, or it says that it has none.
 *
 * Method: psql copies rows from its input and to its output, in autocommit. A call of a million tokens of gpt-4 and a run on a
 * GPU, as a back-up has them and as somebody in a hurry writes them.
 */
import { $ } from 'zx'
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { describe, expect, needs, needsTool } from '../../harness/index.ts'

const byPsql = needs('own-database', 'network', 'thorough-run')

const kinds = [
  {
    table: 'llm_cost_records',
    record: `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 3, 'req-1')`,
    usage: { provider: 'openai', model: 'gpt-4', input_tokens: '1000000', output_tokens: '3' },
    cost: { input_cost_usd: '30', total_cost_usd: '30.00018' },
    other: { model: 'gpt-4o', priced_model: 'gpt-4o' },
    summary: 'cost_summary_by_tenant',
  },
  {
    table: 'e2b_cost_records',
    record: `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 100.5, 3, request_id => 'req-1')`,
    usage: { tier: 'gpu', region: 'us-east-1', execution_time_seconds: '100.5', cpu_core_seconds: '3' },
    cost: { execution_cost_usd: '0.12', total_cost_usd: '0.120042' },
    other: { tier: 'standard' },
    summary: 'e2b_cost_summary_by_tenant',
  },
] as const

/** Runs a COPY; answers what it wrote, or what psql says when it is refused. */
async function copy(
  psql: string,
  { url }: Database,
  statement: string,
  rows = '',
): Promise<{ refusal?: string; out: string }> {
  const { exitCode, stdout, stderr } = await $({
    input: rows,
    nothrow: true,
    quiet: true,
  })`${psql} --no-psqlrc -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -c ${statement} ${url}`
  return exitCode === 0 ? { out: stdout } : { refusal: stderr, out: '' }
}

describe.each(kinds)('$table', ({ table, record, usage, cost, other, summary }) => {
  /** Copies one row, and answers what psql says when it is refused. */
  const row = async (psql: string, database: Database, cells: Readonly<Record<string, string>>) => {
    const { refusal } = await copy(
      psql,
      database,
      `copy copilot_internal.${table} (${Object.keys(cells).join(', ')}) from stdin`,
      `${Object.values(cells).join('\t')}\n`,
    )
    return refusal
  }
  const everything = (session: Session) =>
    session.query(`select r::text as record from copilot_internal.${table} as r order by 1`)

  byPsql(
    `${table}: a back-up comes back to the last digit, and is known again`,
    async ({ ownDatabase, skip }) => {
      const psql = await needsTool('psql', skip)
      const database = await ownDatabase()
      const session = await database.connect()
      await session.query(record)
      const before = await everything(session)
      const { out } = await copy(psql, database, `copy copilot_internal.${table} to stdout`)
      await session.query(`delete from copilot_internal.${table}`)
      expect(await copy(psql, database, `copy copilot_internal.${table} from stdin`, out)).not.toHaveProperty(
        'refusal',
      )
      expect(await everything(session)).toEqual(before)
      await session.query(record)
      expect(await everything(session)).toEqual(before)
      await session.close()
    },
  )

  byPsql(`${table}: what is marked unpriced is counted as that`, async ({ ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase()
    const session = await database.connect()
    expect(
      await row(psql, database, { tenant_id: acme.tenantId, ...usage, is_unpriced: 't' }),
    ).toBeUndefined()
    expect(
      await session.query(
        `select unpriced_count as unpriced, total_cost_usd as cost from copilot_internal.${summary}`,
      ),
    ).toEqual([{ unpriced: '1', cost: '0' }])
    await session.close()
  })

  byPsql(
    `${table}: what would be free, or cost something else, is refused`,
    async ({ ownDatabase, skip }) => {
      const psql = await needsTool('psql', skip)
      const database = await ownDatabase()
      const session = await database.connect()
      await session.query(record)
      const [priced] = await session.query(
        `select jsonb_strip_nulls(to_jsonb(r) - '{id,request_id}'::text[])::text as cells from copilot_internal.${table} as r`,
      )
      const cells = Object.fromEntries(
        Object.entries(JSON.parse(priced?.['cells'] ?? '{}')).map(([column, cell]) => [
          column,
          typeof cell === 'object' ? JSON.stringify(cell) : String(cell),
        ]),
      )
      const before = await everything(session)
      const refused = [
        [{ tenant_id: acme.tenantId, ...usage }, /23514/],
        [{ ...cells, ...Object.fromEntries(Object.keys(cost).map((column) => [column, '0'])) }, /23514/],
        [{ ...cells, is_unpriced: 't' }, /23514/],
        [{ ...cells, ...other }, /QT001/],
        [{ ...cells, recorded_at: '2000-01-01' }, /QT001/],
      ] as const
      for (const [row_, code] of refused) expect(await row(psql, database, row_)).toMatch(code)
      expect(await everything(session)).toEqual(before)
      // It is these cells that are refused: without them the row is accepted.
      expect(await row(psql, database, cells)).toBeUndefined()
      await session.close()
    },
  )

  byPsql(`${table}: with one bad row, none is written`, async ({ ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase()
    const session = await database.connect()
    const columns = ['tenant_id', ...Object.keys(usage), 'is_unpriced']
    const line = (isUnpriced: string) =>
      `${[acme.tenantId, ...Object.values(usage), isUnpriced].join('\t')}\n`
    const { refusal } = await copy(
      psql,
      database,
      `copy copilot_internal.${table} (${columns.join(', ')}) from stdin`,
      line('t') + line('f') + line('t'),
    )
    expect(refusal).toMatch(/23514/)
    expect(await everything(session)).toEqual([])
    await session.close()
  })
})
