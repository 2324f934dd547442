/**
 * How sums of days are read: by one look at the days that changed, not by one for each sum.
 *
 * Method: sums of three days, VACUUM and ANALYZE, after which PostgreSQL knows that no changed day is left; what it does then is
 * read from EXPLAIN ANALYZE.
 */
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { kinds, records } from './rows.ts'

const own = needs('own-database')
const VIEWS = { llm: 'cost_summary_by_tenant', e2b: 'e2b_cost_summary_by_tier' }

interface Node {
  readonly 'Relation Name'?: string
  readonly 'Actual Loops': number
  readonly Plans?: readonly Node[]
}
const all = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(all)]

/**
 * How often each view looks at the changed days. `late`: whether the records were reports of days that were over; else they came on
 * their day, and left no note.
 */
async function looks(session: Session, late: boolean): Promise<number[]> {
  const triggers = late ? 'enable' : 'disable'
  for (const kind of kinds)
    await session.run(`
      alter table copilot_internal.${kind}_cost_records ${triggers} trigger user;
      ${records(kind, '2026-02-01 10:00+00')} ${records(kind, '2026-02-02 10:00+00')} ${records(kind, '2026-02-03 10:00+00')}
      select copilot_internal.fold_${kind}_days('2026-02-01', '2026-02-04')`)
  await session.query('vacuum (analyze)')
  const read: number[] = []
  for (const kind of kinds) {
    const query = `explain (analyze, format json) select * from copilot_internal.${VIEWS[kind]}`
    const [{ Plan: plan }] = JSON.parse((await session.query(query))[0]?.['QUERY PLAN'] ?? '') as [
      { Plan: Node },
    ]
    const changed = all(plan).filter((node) => node['Relation Name'] === 'usage_changed_days')
    read.push(Math.max(...changed.map((node) => node['Actual Loops'])))
  }
  return read
}

own.for([
  ['no report was ever late', false],
  ['late reports are folded', true],
] as const)('each view looks at the changed days once, where %s', async ([, late], { ownDatabase }) => {
  const session = await (await ownDatabase()).connect()
  expect(await looks(session, late)).toEqual([1, 1])
  await session.close()
})
