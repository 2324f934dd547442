/**
 * Claims on the plan of a statement, which pgTAP cannot see: what the planner would do now. The statement is not run. On the few
 * rows of a test any plan begins with reading them all, so sequential scans count as dear: what is left of them could not be
 * avoided.
 */
import { z } from 'zod'
import type { Session } from '../engines/index.ts'
import { nameOf, shown } from './name.ts'
import { ask, type Query } from './query.ts'
import { listed, type Verdict, verdict } from './verdict.ts'

/**
 * The plan uses this index.
 *
 * @example
 * await as(owner)`select from zoo.animals where id = 1`.usesIndex('animals_pkey')
 */
export async function usesIndex(
  session: Session,
  query: Query,
  index: string,
  description = `uses index ${index}`,
): Promise<Verdict> {
  const nodes = await planOf(session, query)
  return seen(
    nodes.some((node) => node['Index Name'] === index),
    description,
    nodes,
  )
}

/**
 * The plan reads the table, and not from beginning to end.
 *
 * @example
 * await as(owner)`select from zoo.animals where id = 1`.avoidsSeqScanOn('zoo.animals')
 */
export async function avoidsSeqScanOn(
  session: Session,
  query: Query,
  table: string,
  description = `reads ${shown(table)} by an index`,
): Promise<Verdict> {
  const { schema, name } = nameOf(table)
  const nodes = await planOf(session, query)
  const reads = nodes.filter(
    (node) => node['Relation Name'] === name && (schema === null || node.Schema === schema),
  )
  if (reads.length === 0) return verdict(false, description, `    ${shown(table)} is not read at all`)
  return seen(
    reads.every((node) => node['Node Type'] !== 'Seq Scan'),
    description,
    nodes,
  )
}

/**
 * The plan works out so many values once for the whole statement, before it begins: a policy that wraps the caller's tenant in a
 * `select` is one of them, one that calls a function for every row is none.
 *
 * @example
 * await as(owner)`select from zoo.animals where id = (select count(*) from zoo.keepers)`.hasInitPlans(1)
 */
export async function hasInitPlans(
  session: Session,
  query: Query,
  count: number,
  description = `works out ${count} values once`,
): Promise<Verdict> {
  const nodes = await planOf(session, query)
  const own = nodes.filter((node) => node['Parent Relationship'] === 'InitPlan')
  return seen(own.length === count, description, nodes)
}

/** One node of a plan: what `explain (format json, verbose)` says of it, as far as it is of interest. */
const Node = z.looseObject({
  'Node Type': z.string(),
  'Parent Relationship': z.string().optional(),
  'Subplan Name': z.string().optional(),
  'Relation Name': z.string().optional(),
  Schema: z.string().optional(),
  'Index Name': z.string().optional(),
  Filter: z.string().optional(),
  'Index Cond': z.string().optional(),
  get Plans() {
    return z.array(Node).optional()
  },
})
type Node = z.infer<typeof Node>

/** All nodes of the plan, from the top down. */
async function planOf(session: Session, query: Query): Promise<Node[]> {
  const text = typeof query === 'string' ? query : query.text
  const values = typeof query === 'string' ? [] : query.values
  const [before] = await session.query(
    `select pg_catalog.current_setting('enable_seqscan') as seqscan, pg_catalog.set_config('enable_seqscan', 'off', true)`,
  )
  const { rows } = await ask(session, { text: `explain (verbose, format json, costs off) ${text}`, values })
  await session.query(`select pg_catalog.set_config('enable_seqscan', $1, true)`, [before?.['seqscan']])
  const plans = z.array(z.object({ Plan: Node })).parse(JSON.parse(rows[0]?.[0] ?? '[]'))
  return plans.flatMap(({ Plan }) => flat(Plan))
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)]
}

function seen(held: boolean, description: string, nodes: readonly Node[]): Verdict {
  const lines = nodes.map((node) =>
    [
      node['Parent Relationship'] === 'InitPlan' ? `${node['Subplan Name']}:` : undefined,
      node['Node Type'],
      node['Relation Name'] && `on ${node['Relation Name']}`,
      node['Index Name'] && `using ${node['Index Name']}`,
      node['Index Cond'],
      node.Filter && `filter ${node.Filter}`,
    ]
      .filter(Boolean)
      .join(' '),
  )
  return verdict(held, description, listed('The plan', lines).join('\n'))
}
