/** What a statement writes, in its CTEs, too. */
import { type Node, type NodeOf, nodeAs, nodesOf } from '../../syntax/index.ts'
import { relationName } from './names.ts'
import type { Placed } from './placed.ts'

/** A table that a statement writes to. */
export interface Write {
  readonly table: string
  readonly does: 'insert' | 'update' | 'delete' | 'merge' | 'copy'
  /** Of UPDATE and DELETE: what holds for the rows that are concerned. */
  readonly condition?: Node
  /** Whether another table decides which rows are concerned. */
  readonly isJoined: boolean
}

/** Kinds that run at once: what a function’s body writes is written when it is called. */
const AT_ONCE = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'CreateTableAsStmt',
]

/** The tables that a statement writes to. */
export function writesOf(at: Placed): Write[] {
  if (!AT_ONCE.includes(at.kind)) return []
  const { node } = at
  const write = (
    does: Write['does'],
    relation: NodeOf<'RangeVar'> | undefined,
    condition?: Node,
    isJoined = false,
  ): Write => ({ table: relationName(relation, at), does, isJoined, ...(condition ? { condition } : {}) })
  const copy = nodeAs(node, 'CopyStmt')
  return [
    ...nodesOf(node, 'InsertStmt').map(({ relation }) => write('insert', relation)),
    ...nodesOf(node, 'UpdateStmt').map((each) =>
      write('update', each.relation, each.whereClause, each.fromClause !== undefined),
    ),
    ...nodesOf(node, 'DeleteStmt').map((each) =>
      write('delete', each.relation, each.whereClause, each.usingClause !== undefined),
    ),
    ...nodesOf(node, 'MergeStmt').map(({ relation }) => write('merge', relation)),
    ...(copy?.is_from ? [write('copy', copy.relation)] : []),
  ]
}
