import type { Session } from '../engines/index.ts'

/**
 * Runs `work` in one transaction that cannot write, sees one state of the database throughout, and gives up rather than
 * wait: a verification must not stand in anybody's way. Nothing outlives the transaction.
 */
export async function inReadOnlyTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('begin transaction isolation level repeatable read, read only')
  try {
    await session.query(`
      select set_config('statement_timeout', '30s', true),
             set_config('lock_timeout', '5s', true),
             set_config('idle_in_transaction_session_timeout', '60s', true),
             set_config('search_path', '', true)`)
    return await work()
  } finally {
    await session.query('rollback')
  }
}
