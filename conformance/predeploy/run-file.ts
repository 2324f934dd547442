/** A file run as the CLI runs it: with the settings of a new connection, whatever the file before has set. */
import { type Session, SqlError } from '../engines/index.ts'
import type { MigrationFile } from './folder.ts'
import { Lacking, lackedExtension } from './lacking.ts'

/**
 * Takes back what files have set, such as the empty `search_path` that every dump of `pg_dump` begins with. The CLI does just this
 * before each file: a role stays as it was set.
 */
export async function resetSettings(session: Session): Promise<void> {
  await session.query('reset all')
}

/** Runs a file. Throws what the server says where it refuses, and {@link Lacking} where that is for want of an extension. */
export async function runFile(
  session: Session,
  { name, sql }: Pick<MigrationFile, 'name' | 'sql'>,
): Promise<void> {
  await resetSettings(session)
  await session.run(sql).catch((error: unknown) => {
    const lacked = error instanceof SqlError ? lackedExtension(error.message, error.code) : undefined
    throw lacked === undefined ? error : new Lacking(name, lacked)
  })
}
