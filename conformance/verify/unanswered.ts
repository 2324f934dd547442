import { SqlError, Unavailable } from '../engines/index.ts'

/** Refusals that tell nothing of the product, by the beginning of their SQLSTATE, and what to do. */
const SAID: readonly (readonly [code: RegExp, words: string])[] = [
  [
    /^57014/,
    'A question took longer than it may: allow more with --timeout, or try when the database is less busy',
  ],
  [/^55P03/, 'Somebody holds a lock that a question has to wait for: try again when the deployment is over'],
  [
    /^25P0[34]/,
    'The verification took longer than a transaction may: try again when the database is less busy',
  ],
  [/^42501/, 'Whoever is logged in may not see all that is verified'],
  [/^(08|40|53|57)/, 'The server broke off: try again'],
]

/**
 * The error to throw when a question got no answer, whatever the product is like: {@link Unavailable} with one sentence, or the
 * error itself when it is none of the server's. `undefined` when the server's refusal is a finding.
 */
export function unanswered(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error
  const said = SAID.find(([code]) => code.test(error.code))
  // An aborted transaction means that somebody has overlooked an error: no finding either.
  if (error.code === '25P02') return error
  return said && new Unavailable(`${said[1]} (${error.message}, SQLSTATE ${error.code}).`)
}
