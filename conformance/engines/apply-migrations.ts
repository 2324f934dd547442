import { type Session, SqlError } from './engine.ts'
import { migrations } from './product.ts'

/** Applies every migration in order. What the server refuses says in which file. */
export async function applyMigrations(session: Session): Promise<void> {
  for (const { name, sql } of migrations())
    await session.run(sql).catch((error: unknown) => {
      throw error instanceof SqlError ? new SqlError(`${name}: ${error.message}`, error.code, error) : error
    })
}
