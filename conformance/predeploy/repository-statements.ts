/** Statements that do not go into a file of migrations, or not beside others. */
import { nodeAs, type Statement } from '../syntax/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { bodyOf } from './static/body.ts'
import type { Trouble } from './step.ts'

/** Statements that control transactions. */
export async function transactions({ files }: MigrationsFolder): Promise<Trouble[]> {
  const places = [
    ...at(files, ({ node }) => nodeAs(node, 'TransactionStmt') !== undefined),
    ...(await Promise.all(files.map(inBlocks))).flat(),
  ]
  return places.map((place) => ({
    objects: [place],
    reason: 'It controls transactions: what comes before it stays when the file fails later.',
    hint: 'Leave it out: each file is applied in a transaction of its own.',
  }))
}

/** COMMIT and ROLLBACK in DO blocks, which PostgreSQL refuses within a transaction. */
async function inBlocks({ name, statements }: MigrationFile): Promise<string[]> {
  const blocks = statements.filter(({ kind }) => kind === 'DoStmt')
  const bodies = await Promise.all(blocks.map(bodyOf))
  return bodies.flatMap((body) => (body?.transactionLines ?? []).map((line) => `${name}:${line}`))
}

/** Statements that PostgreSQL refuses within a transaction. */
function runsInNone({ node }: Statement): boolean {
  const reindexes = nodeAs(node, 'ReindexStmt')
  const isWide = /^REINDEX_OBJECT_(SCHEMA|SYSTEM|DATABASE)$/.test(reindexes?.kind ?? '')
  const isConcurrent = reindexes?.params?.some((each) => nodeAs(each, 'DefElem')?.defname === 'concurrently')
  const drop = nodeAs(node, 'DropStmt')
  const detach = nodeAs(node, 'AlterTableStmt')?.cmds?.some((each) => {
    const command = nodeAs(each, 'AlterTableCmd')
    return (
      command?.subtype === 'AT_DetachPartition' && nodeAs(command.def, 'PartitionCmd')?.concurrent === true
    )
  })
  return (
    nodeAs(node, 'IndexStmt')?.concurrent === true ||
    drop?.concurrent === true ||
    isConcurrent === true ||
    isWide ||
    detach === true ||
    nodeAs(node, 'VacuumStmt')?.is_vacuumcmd === true ||
    ['CreatedbStmt', 'DropdbStmt', 'AlterSystemStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt'].some(
      (kind) => kind in node,
    )
  )
}

/** Statements that run in no transaction, and are not alone. */
export function alone({ files }: MigrationsFolder): Trouble[] {
  const crowded = files.filter(({ statements }) => statements.length > 1)
  return at(crowded, runsInNone).map((place) => ({
    objects: [place],
    reason:
      'It runs in no transaction: PostgreSQL refuses it within one, or the CLI applies the whole file without, and what comes before a statement that fails stays.',
    hint: 'Move it into a migration of its own, with nothing else in the file.',
  }))
}

/** Where statements stand that fit: `file:line`. */
function at(files: readonly MigrationFile[], fits: (statement: Statement) => boolean): string[] {
  return files.flatMap(({ name, statements }) => statements.filter(fits).map(({ line }) => `${name}:${line}`))
}
