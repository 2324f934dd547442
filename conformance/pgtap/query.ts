import { type Answer, type Session, SqlError } from '../engines/index.ts'

/** A statement with the values of its parameters: any kind, so `execute prepared` and `insert … returning` too. */
export type Query = string | { readonly text: string; readonly values: readonly unknown[] }

/** How a statement ended. */
export type Outcome =
  | { readonly answer: Answer; readonly error?: never }
  | { readonly answer?: never; readonly error: SqlError }

/** Asks, and lets a refusal be thrown. */
export function ask(session: Session, query: Query): Promise<Answer> {
  return typeof query === 'string' ? session.answer(query) : session.answer(query.text, query.values)
}

/**
 * Runs one statement so that a refusal takes back what it did and nothing else: in a savepoint of the caller's transaction.
 * What is not the server's refusal is thrown.
 */
export async function attempt(session: Session, query: Query): Promise<Outcome> {
  await session.query('savepoint attempt')
  try {
    const answer = await ask(session, query)
    await session.query('release savepoint attempt')
    return { answer }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    await session.query('rollback to savepoint attempt')
    await session.query('release savepoint attempt')
    return { error }
  }
}
