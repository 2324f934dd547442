import { join } from 'node:path'
import { type Session, splitStatements } from '../engines/index.ts'
import { migrationName, type Project, type ProjectScript } from './project.ts'
import { readScript } from './read-script.ts'
import { type Note, StatementRunner } from './statement-runner.ts'
import { Variables } from './variables.ts'

/**
 * Applies a project's scripts as the Supabase CLI does: one connection, its settings reset before each file, each migration
 * entered in the ledger. Throws {@link ScriptError} at the first statement that is refused.
 */
export async function applyProject(project: Project, session: Session, note: Note): Promise<void> {
  const runner = new StatementRunner(session, new Variables(), note)
  for (const script of project.scripts) {
    await session.run('reset all')
    const text = await readScript(join(project.folder, script.path), script.path)
    let at = 0
    for (const statement of splitStatements(text)) {
      at = text.indexOf(statement, at)
      await runner.run(statement, `${script.path}:${lineOf(text, at)}`)
      at += statement.length
    }
    await enter(script, session)
  }
}

async function enter({ kind, path, version }: ProjectScript, session: Session): Promise<void> {
  if (kind !== 'migration') return
  await session.query(
    `insert into supabase_migrations.schema_migrations (version, name) values ($1, $2) on conflict do nothing`,
    [version, migrationName(path)],
  )
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
