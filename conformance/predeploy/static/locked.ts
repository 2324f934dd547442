/** Which tables a statement locks so that others wait: those who write, or those who read. */
import { type Node, nodeAs, nodesOf } from '../../syntax/index.ts'
import { listedName, partsOf, relationName } from './names.ts'
import type { Placed } from './placed.ts'
import type { Made } from './table.ts'

/** Commands of ALTER TABLE that stop neither who reads nor who writes. */
const WEAK = [
  'AT_SetStatistics',
  'AT_ValidateConstraint',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetOptions',
  'AT_ResetOptions',
]
/** They set storage parameters, of which one stops both. */
const PARAMETERS = ['AT_SetRelOptions', 'AT_ResetRelOptions']
const STRONG_PARAMETER = 'user_catalog_table'

/** The tables, by whole names. */
export function strongLocks(at: Placed, made: Made): string[] {
  return [...ofTable(at), ...referred(at), ...ofDrop(at, made), ...ofReindex(at, made), ...ofOthers(at)]
}

function ofTable(at: Placed): string[] {
  const alter = nodeAs(at.node, 'AlterTableStmt')
  const index = nodeAs(at.node, 'IndexStmt')
  const renamed = nodeAs(at.node, 'RenameStmt')
  const moved = nodeAs(at.node, 'AlterObjectSchemaStmt')
  const isStrong = alter?.objtype === 'OBJECT_TABLE' && (alter.cmds ?? []).some(isStrongCommand)
  const isTable = /^OBJECT_(TABLE|COLUMN|TABCONSTRAINT|POLICY|TRIGGER)$/
  const ranges = [
    isStrong ? alter.relation : undefined,
    index && index.concurrent !== true ? index.relation : undefined,
    isTable.test(renamed?.renameType ?? '') ? renamed?.relation : undefined,
    moved?.objectType === 'OBJECT_TABLE' ? moved.relation : undefined,
    nodeAs(at.node, 'CreateTrigStmt')?.relation,
    nodeAs(at.node, 'CreatePolicyStmt')?.table,
    nodeAs(at.node, 'AlterPolicyStmt')?.table,
    nodeAs(at.node, 'RuleStmt')?.relation,
    nodeAs(at.node, 'ClusterStmt')?.relation,
  ]
  return ranges.flatMap((range) => (range ? [relationName(range, at)] : []))
}

function isStrongCommand(each: Node): boolean {
  const kind = nodeAs(each, 'AlterTableCmd')?.subtype ?? ''
  if (PARAMETERS.includes(kind))
    return nodesOf(each, 'DefElem').some(({ defname }) => defname === STRONG_PARAMETER)
  return !WEAK.includes(kind)
}

/** Tables that a foreign key refers to, or that a new partition joins. */
function referred(at: Placed): string[] {
  if (!('CreateStmt' in at.node) && !('AlterTableStmt' in at.node)) return []
  const keys = nodesOf(at.node, 'Constraint').filter(({ contype }) => contype === 'CONSTR_FOREIGN')
  const parents = nodeAs(at.node, 'CreateStmt')?.inhRelations ?? []
  return [
    ...keys.map(({ pktable }) => relationName(pktable, at)),
    ...parents.map((parent) => relationName(nodeAs(parent, 'RangeVar'), at)),
  ]
}

function ofDrop(at: Placed, made: Made): string[] {
  const drop = nodeAs(at.node, 'DropStmt')
  if (!drop || drop.concurrent) return []
  return (drop.objects ?? []).flatMap((object) => {
    const parts = partsOf(object)
    const name = listedName(parts, at)
    if (drop.removeType === 'OBJECT_TABLE') return [name]
    if (drop.removeType === 'OBJECT_INDEX') return [made.indexed.get(name) ?? name]
    if (/^OBJECT_(POLICY|TRIGGER|RULE)$/.test(drop.removeType ?? ''))
      return [listedName(parts.slice(0, -1), at)]
    return []
  })
}

function ofReindex(at: Placed, made: Made): string[] {
  const reindex = nodeAs(at.node, 'ReindexStmt')
  const options = reindex?.params?.map((each) => nodeAs(each, 'DefElem')?.defname)
  if (!reindex?.relation || options?.includes('concurrently')) return []
  const name = relationName(reindex.relation, at)
  return [reindex.kind === 'REINDEX_OBJECT_INDEX' ? (made.indexed.get(name) ?? name) : name]
}

function ofOthers(at: Placed): string[] {
  const ranges = [
    ...(nodeAs(at.node, 'TruncateStmt')?.relations ?? []),
    ...(nodeAs(at.node, 'LockStmt')?.relations ?? []),
  ]
  return ranges.map((range) => relationName(nodeAs(range, 'RangeVar'), at))
}
