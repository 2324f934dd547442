import { nodeAs, type Statement } from '../syntax/index.ts'

/** Statements that are nothing else but this. */
const KINDS = ['CreatedbStmt', 'DropdbStmt', 'AlterSystemStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt']

/** Whether PostgreSQL refuses a statement within a transaction. */
export function needsNoTransaction({ node, kind }: Statement): boolean {
  const reindex = nodeAs(node, 'ReindexStmt')
  const commands = nodeAs(node, 'AlterTableStmt')?.cmds ?? []
  return (
    KINDS.includes(kind) ||
    nodeAs(node, 'IndexStmt')?.concurrent === true ||
    nodeAs(node, 'DropStmt')?.concurrent === true ||
    nodeAs(node, 'VacuumStmt')?.is_vacuumcmd === true ||
    (reindex?.params ?? []).some((each) => nodeAs(each, 'DefElem')?.defname === 'concurrently') ||
    /^REINDEX_OBJECT_(SCHEMA|SYSTEM|DATABASE)$/.test(reindex?.kind ?? '') ||
    commands.some((each) => {
      const command = nodeAs(each, 'AlterTableCmd')
      return nodeAs(command?.def, 'PartitionCmd')?.concurrent === true
    })
  )
}
