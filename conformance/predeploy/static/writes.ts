/** What a statement writes, in its CTEs, too. */
import { type Node, type NodeOf, nodeAs, nodesOf } from '../../syntax/index.ts'
import { relationName } from './names.ts'
import type { Placed } from './placed.ts'

/** A table that a statement writes to. */
export interface Write {
  readonly table: string
  readonly does: 'insert' | 'update' | 'delete' | 'merge' | 'copy'
  /** Of UPDATE: the columns that it sets. */
  readonly columns?: readonly string[]
  /** Of UPDATE and DELETE, also by MERGE: what holds for the rows that are concerned. */
  readonly condition?: Node
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

/** What a clause of MERGE does to rows that are there. */
const MERGED: Readonly<Record<string, Write['does']>> = { CMD_DELETE: 'delete', CMD_UPDATE: 'update' }

/** The tables that a statement writes to. */
export function writesOf(at: Placed): Write[] {
  if (!AT_ONCE.includes(at.kind)) return []
  const { node } = at
  const write = (does: Write['does'], relation: NodeOf<'RangeVar'> | undefined, condition?: Node): Write => ({
    table: relationName(relation, at),
    does,
    ...(condition ? { condition } : {}),
  })
  const mergedBy = ({ relation, joinCondition, mergeWhenClauses = [] }: NodeOf<'MergeStmt'>) =>
    mergeWhenClauses.map((each) => {
      const when = nodeAs(each, 'MergeWhenClause')
      const does = MERGED[when?.commandType ?? '']
      if (!does || when?.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_TARGET') return write('merge', relation)
      const args = [joinCondition, when?.condition].filter((part) => part !== undefined)
      return write(does, relation, { BoolExpr: { boolop: 'AND_EXPR', args } })
    })
  const copy = nodeAs(node, 'CopyStmt')
  return [
    ...nodesOf(node, 'InsertStmt').map(({ relation }) => write('insert', relation)),
    ...nodesOf(node, 'UpdateStmt').map((each) => ({
      ...write('update', each.relation, each.whereClause),
      columns: (each.targetList ?? []).map((target) => nodeAs(target, 'ResTarget')?.name ?? ''),
    })),
    ...nodesOf(node, 'DeleteStmt').map((each) => write('delete', each.relation, each.whereClause)),
    ...nodesOf(node, 'MergeStmt').flatMap(mergedBy),
    ...(copy?.is_from ? [write('copy', copy.relation)] : []),
  ]
}
