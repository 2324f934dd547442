/** Where pending files demand something of rows, and what in them changes these rows before. */
import type { Session } from '../engines/index.ts'
import { nodeAs, nodesOf } from '../syntax/index.ts'
import type { MigrationsFolder } from './folder.ts'
import { relationName, textOf, unquoted } from './static/names.ts'
import { type Placed, placed } from './static/placed.ts'
import { writesOf } from './static/writes.ts'

/** What is asked of pending files. */
export interface PendingStatements {
  readonly statements: readonly Placed[]
  /** Names of functions that PostgreSQL brings with it: a call of another may write any table. */
  readonly builtIn: ReadonlySet<string>
}

/** Reads them, with the names of the target’s own functions. */
export async function pendingStatements(
  session: Session,
  folder: MigrationsFolder,
  names: ReadonlySet<string>,
): Promise<PendingStatements> {
  const { statements } = await placed(folder)
  const rows = await session.query(
    `select distinct proname as name from pg_catalog.pg_proc where pronamespace = 'pg_catalog'::regnamespace`,
  )
  return {
    statements: statements.filter(({ file }) => names.has(file.name)),
    builtIn: new Set(rows.map((row) => row['name'] ?? '')),
  }
}

const DEMANDING =
  /^AT_(SetNotNull|AddConstraint|AddIndex|AddIndexConstraint|AlterColumnType|ValidateConstraint)$/

/** The last statement of a file that demands something of a table’s rows; where none can be read, the last that may. */
export function demandedAt(
  { statements, builtIn }: PendingStatements,
  file: string,
  table: string,
): Placed | undefined {
  const own = statements.filter((at) => at.file.name === file)
  return own.findLast((at) => demandsOf(at, unquoted(table))) ?? own.findLast((at) => isUnknown(at, builtIn))
}

function demandsOf(at: Placed, table: string): boolean {
  const index = nodeAs(at.node, 'IndexStmt')
  if (index) return index.unique === true && relationName(index.relation, at) === table
  const alter = nodeAs(at.node, 'AlterTableStmt')
  return (
    relationName(alter?.relation, at) === table &&
    (alter?.cmds ?? []).some((each) => DEMANDING.test(nodeAs(each, 'AlterTableCmd')?.subtype ?? ''))
  )
}

/** The first statement before another that changes rows of a table, or that may. */
export function changedBefore(
  { statements, builtIn }: PendingStatements,
  { order, within }: Placed,
  table: string,
): { readonly at: Placed; readonly isSure: boolean } | undefined {
  const name = unquoted(table)
  // A DO block is no change before what stands in it.
  const container = within === 'file' ? order : containerOf(statements, order)
  const sure = statements.find((at) => at.order < order && changes(at, name))
  if (sure) return { at: sure, isSure: true }
  const unknown = statements.find((at) => at.order < container && isUnknown(at, builtIn))
  return unknown && { at: unknown, isSure: false }
}

function containerOf(statements: readonly Placed[], order: number): number {
  return statements.findLast((at) => at.order < order && at.within === 'file')?.order ?? order
}

function changes(at: Placed, table: string): boolean {
  const truncated = nodeAs(at.node, 'TruncateStmt')?.relations ?? []
  return (
    writesOf(at).some((write) => write.table === table) ||
    truncated.some((each) => relationName(nodeAs(each, 'RangeVar'), at) === table)
  )
}

/** Whether nobody can tell from a statement what it writes. */
function isUnknown({ kind, node }: Placed, builtIn: ReadonlySet<string>): boolean {
  if (kind === 'DoStmt' || kind === 'CallStmt') return true
  if (!/^(Select|Insert|Update|Delete|Merge|CreateTableAs)Stmt$/.test(kind)) return false
  return nodesOf(node, 'FuncCall').some(({ funcname = [] }) => {
    const [name, schema = 'pg_catalog'] = funcname.map(textOf).reverse()
    return schema !== 'pg_catalog' || !builtIn.has(name ?? '')
  })
}
