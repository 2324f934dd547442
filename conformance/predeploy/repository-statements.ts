/** Statements that do not go into a file of migrations, or not beside others. */
import { nodeAs, type Statement } from '../syntax/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { bodyOf } from './static/body.ts'
import type { Trouble } from './step.ts'
import { needsNoTransaction } from './transaction.ts'

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

/** Statements that run in no transaction, and are not alone. */
export function alone({ files }: MigrationsFolder): Trouble[] {
  const crowded = files.filter(({ statements }) => statements.length > 1)
  return at(crowded, needsNoTransaction).map((place) => ({
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
