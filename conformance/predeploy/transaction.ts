import { nodeAs, type Statement } from '../syntax/index.ts'

/** Statements that are nothing else but this. */
const KINDS = ['CreatedbStmt', 'DropdbStmt', 'AlterSystemStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt']

/** Whether PostgreSQL refuses a statement within a transaction. */
export function needsNoTransaction({ node, kind }: Statement): boolean {
  const reindexes = nodeAs(node, 'ReindexStmt')?.params ?? []
  const commands = nodeAs(node, 'AlterTableStmt')?.cmds ?? []
  return (
    KINDS.includes(kind) ||
    nodeAs(node, 'IndexStmt')?.concurrent === true ||
    nodeAs(node, 'DropStmt')?.concurrent === true ||
    nodeAs(node, 'VacuumStmt')?.is_vacuumcmd === true ||
    reindexes.some((each) => nodeAs(each, 'DefElem')?.defname === 'concurrently') ||
    commands.some((each) => {
      const command = nodeAs(each, 'AlterTableCmd')
      return nodeAs(command?.def, 'PartitionCmd')?.concurrent === true
    })
  )
}
