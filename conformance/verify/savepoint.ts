import { type Session, SqlError } from '../engines/index.ts'

/**
 * Does `work` so that a refusal in it does not end the transaction. What is no refusal, such as a lost connection, is thrown
 * as it is: there is nothing left to go on with.
 */
export async function inSavepoint<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('savepoint verification')
  try {
    const result = await work()
    await session.query('release savepoint verification')
    return result
  } catch (error) {
    // After a refusal that has ended the session, going back fails, too; the refusal says why.
    if (error instanceof SqlError)
      await session
        .run('rollback to savepoint verification; release savepoint verification')
        .catch(() => undefined)
    throw error
  }
}
