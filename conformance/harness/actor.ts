import type { Actor } from '../../fixtures/people.ts'
import { type Session, SqlError } from '../engines/index.ts'
import { EngineWedged } from './engine-wedged.ts'

/**
 * Does something as an actor, inside the test's transaction. The role and the claims are put on for it and taken off after it;
 * a savepoint keeps a refusal, which is thrown, from ending the transaction.
 */
export async function actingAs<Result>(
  session: Session,
  actor: Actor,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const watched = watchedSession(session)
  await session.query('savepoint actor')
  try {
    await putOn(session, actor)
    const result = await work(watched.session)
    await takeOff(session)
    await session.query('release savepoint actor')
    if (watched.doubtful()) await canary(session)
    return result
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    // Going back takes role and claims off, too.
    await session.query('rollback to savepoint actor')
    await session.query('release savepoint actor')
    await canary(session)
    throw error
  }
}

/** A session that notes whether a statement was refused or answered no row: what a broken engine would say, too. */
function watchedSession(session: Session): { session: Session; doubtful: () => boolean } {
  let doubtful = false
  const answer: Session['answer'] = async (text, values) => {
    try {
      const answered = await session.answer(text, values)
      if (answered.rows.length === 0) doubtful = true
      return answered
    } catch (error) {
      doubtful = true
      throw error
    }
  }
  return { session: { ...session, answer }, doubtful: () => doubtful }
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
