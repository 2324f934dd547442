import type { Session } from '../engines/index.ts'
import type { Ledger } from './ledger.ts'
import type { speaker } from './statement.ts'
import type { Tap } from './tap.ts'

/** What a test speaks with in one session. */
export interface SessionClaims {
  readonly as: ReturnType<typeof speaker>
  readonly tap: Tap
}

/**
 * Gives any session what a test speaks with, noted in this ledger. The vocabulary is loaded here: a spec that speaks to no
 * database does without.
 */
export async function claimsFor(ledger: Ledger): Promise<(session: Session) => SessionClaims> {
  const [{ speaker }, { tapOf }] = await Promise.all([import('./statement.ts'), import('./tap.ts')])
  return (session) => ({ as: speaker(session, ledger), tap: tapOf(session, ledger) })
}
