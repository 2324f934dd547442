import type { Actor } from '../../fixtures/people.ts'
import { type Row, type Session, SqlError } from '../engines/index.ts'
import { EngineWedged } from './engine-wedged.ts'

/** How a statement ended. */
export type Outcome =
  | { readonly rows: readonly Row[]; readonly error?: never }
  | { readonly rows?: never; readonly error: SqlError }

/**
 * Runs one statement as an actor, inside the test's transaction. The role and the claims are put on for this statement
 * and taken off after it; a savepoint keeps a refusal from ending the transaction.
 */
export async function runAs(
  session: Session,
  actor: Actor,
  text: string,
  values: readonly unknown[],
): Promise<Outcome> {
  await session.query('savepoint statement')
  try {
    await putOn(session, actor)
    const rows = await session.query(text, values)
    await takeOff(session)
    await session.query('release savepoint statement')
    if (rows.length === 0) await canary(session)
    return { rows }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    // Going back takes role and claims off, too.
    await session.query('rollback to savepoint statement')
    await session.query('release savepoint statement')
    await canary(session)
    return { error }
  }
}

/** Puts an actor on, and makes sure that the engine did: whoever is not who they claim to be proves nothing. */
async function putOn(session: Session, { name, role, claims }: Actor): Promise<void> {
  const rows = await session.query(
    `select set_config('role', $1, true) as role, set_config('request.jwt.claims', $2, true) as claims, current_user`,
    [role ?? 'none', claims ? JSON.stringify(claims) : ''],
  )
  const have = rows[0]?.['current_user']
  const want = role ?? 'postgres'
  if (have !== want) throw new EngineWedged(`${name} is ${want}, but the statement would run as ${have}.`)
}

async function takeOff(session: Session): Promise<void> {
  await session.query(`select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)`)
}

/**
 * An engine that has stopped answering must not look like "no rows": asks for something that only a working one can
 * say. Throws when the answer is wrong.
 */
export async function canary(session: Session): Promise<void> {
  const nonce = crypto.randomUUID()
  const rows = await session.query('select $1::text as nonce, current_user as role, session_user as login', [
    nonce,
  ])
  const have = JSON.stringify(rows)
  const want = JSON.stringify([{ nonce, role: 'postgres', login: 'postgres' }])
  if (have !== want) throw new EngineWedged(`the engine no longer answers.\nhave: ${have}\nwant: ${want}`)
}
