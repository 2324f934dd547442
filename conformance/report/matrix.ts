/**
 * The matrix of a run: engine × spec, and in each cell how many claims ended in which way. Nothing is left out in silence:
 * whatever was not tried stands there with its reason, an engine that was not started as well.
 */
import { z } from 'zod'
import { type Finding, OUTCOMES, type Outcome } from './finding.ts'

/** The name of the column of what needs no engine. */
export const NO_ENGINE = 'none'

const count = z.int().min(1)

/** One way in which claims ended; those that ended alike for the same reason are counted together. */
const Ended = z.object({
  outcome: z.enum(OUTCOMES),
  count,
  reason: z.string().exactOptional().describe('Why, of what was not tried or not found out.'),
})

/** See {@link Matrix}. */
export const MatrixSchema = z.object({
  engines: z.array(z.string()).describe('The columns: what was run, in the order of the run.'),
  notStarted: z
    .array(z.object({ engine: z.string(), reason: z.string() }))
    .describe('Engines without a column, and why.'),
  rows: z.array(
    z.object({
      group: z.string().describe('The file of a spec, or another group of claims.'),
      cells: z
        .record(z.string(), z.array(Ended))
        .describe('By engine. An engine that is missing has no such group.'),
    }),
  ),
})

/** Engine × spec. */
export type Matrix = Readonly<z.infer<typeof MatrixSchema>>

/** How the claims of a cell ended. */
export type Cell = Matrix['rows'][number]['cells'][string]

/** The matrix of what was found, rows sorted by name. `notStarted`: the engines that no finding is about, with the reason. */
export function matrixOf(
  findings: readonly Finding[],
  notStarted: Matrix['notStarted'] = [],
  engines: readonly string[] = [...new Set(findings.map(columnOf))],
): Matrix {
  const groups = [...new Set(findings.map(({ group }) => group))].sort()
  return {
    engines: [...engines],
    notStarted,
    rows: groups.map((group) => {
      const own = findings.filter((finding) => finding.group === group)
      const cells = engines.map((engine): [string, Cell] => [
        engine,
        cellOf(own.filter((finding) => columnOf(finding) === engine)),
      ])
      return { group, cells: Object.fromEntries(cells.filter(([, cell]) => cell.length > 0)) }
    }),
  }
}

/** A column of the matrix in one cell: how all claims ended that were tried, or not, on one engine. */
export function totalOf(matrix: Matrix, engine: string): Cell {
  return added(matrix.rows.flatMap(({ cells }) => cells[engine] ?? []))
}

/** The column of the matrix that a finding stands in. */
export function columnOf({ engine = NO_ENGINE }: Pick<Finding, 'engine'>): string {
  return engine
}

function cellOf(findings: readonly Finding[]): Cell {
  return added(
    findings.map((finding) => ({
      outcome: finding.outcome,
      count: 1,
      ...(finding.outcome === 'passed' || finding.outcome === 'failed' ? {} : { reason: finding.reason }),
    })),
  )
}

/** The same outcomes for the same reasons added up, in the order in which outcomes are printed. */
function added(parts: Cell): Cell {
  const sums = new Map<string, Cell[number]>()
  for (const part of parts) {
    const key = `${part.outcome}\n${part.reason ?? ''}`
    sums.set(key, { ...part, count: part.count + (sums.get(key)?.count ?? 0) })
  }
  const rank = (outcome: Outcome) => OUTCOMES.indexOf(outcome)
  return [...sums.values()].sort((a, b) => rank(a.outcome) - rank(b.outcome) || b.count - a.count)
}
