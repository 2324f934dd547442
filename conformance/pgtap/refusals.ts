/** Claims on how a statement ends: `throws_ok`, `throws_like` and its kin, `lives_ok`. */
import type { Session } from '../engines/index.ts'
import { died } from './died.ts'
import { quotedLiteral } from './literal.ts'
import { attempt, type Query } from './query.ts'
import { judged } from './value.ts'
import { type Verdict, verdict } from './verdict.ts'

/** What a refusal must say besides its SQLSTATE: exactly a text, or what matches. */
export interface Refusal {
  readonly message?: string | RegExp
  readonly detail?: string | RegExp
  readonly hint?: string | RegExp
}

/**
 * `throws_ok`: it is refused, with this SQLSTATE unless it is null, and in these words where they are given. A text stands for
 * the whole message.
 *
 * @example
 * await as(owner)`select 1 / 0`.throwsOk('22012', 'division by zero')
 */
export async function throwsOk(
  session: Session,
  query: Query,
  code: string | null = null,
  words: string | Refusal = {},
  description?: string,
): Promise<Verdict> {
  const wanted = typeof words === 'string' ? { message: words } : words
  const message = wanted.message
  const claimed = description ?? (threw(code, message) || 'threw an exception')
  const want = code ?? 'an exception'
  const { error } = await attempt(session, query)
  if (!error) return verdict(false, claimed, `      caught: no exception\n      wanted: ${want}`)
  const unlike = (['message', 'detail', 'hint'] as const).filter((part) => !says(error[part], wanted[part]))
  const sameCode = code === null || error.code === code
  const others = unlike.filter((part) => part !== 'message')
  return verdict(
    sameCode && unlike.length === 0,
    claimed,
    [
      `      caught: ${error.code}: ${error.message}`,
      `      wanted: ${want}${message === undefined ? '' : `: ${message}`}`,
      ...(sameCode ? others.flatMap((part) => differing(part, error[part], wanted[part])) : []),
    ].join('\n'),
  )
}

/**
 * `throws_like`: it is refused with a message like a pattern with `%` and `_`.
 *
 * @example
 * await as(owner)`select 1 / 0`.throwsLike('division by %')
 */
export const throwsLike = message('~~', (pattern) => `Should throw exception like ${pattern}`)

/**
 * `throws_ilike`: it is refused with a message like a pattern, whatever its case.
 *
 * @example
 * await as(owner)`select 1 / 0`.throwsIlike('DIVISION BY %')
 */
export const throwsIlike = message('~~*', (pattern) => `Should throw exception like ${pattern}`)

/**
 * `throws_matching`: it is refused with a message that matches a regular expression of the server's.
 *
 * @example
 * await as(owner)`select 1 / 0`.throwsMatching('^division')
 */
export const throwsMatching = message('~', (pattern) => `Should throw exception matching ${pattern}`)

/**
 * `throws_imatching`: it is refused with a message that matches a regular expression, whatever its case.
 *
 * @example
 * await as(owner)`select 1 / 0`.throwsImatching('^DIVISION')
 */
export const throwsImatching = message('~*', (pattern) => `Should throw exception matching ${pattern}`)

/**
 * `lives_ok`: it is not refused.
 *
 * @example
 * await as(owner)`select 1`.livesOk()
 */
export async function livesOk(session: Session, query: Query, description = ''): Promise<Verdict> {
  const { error } = await attempt(session, query)
  return verdict(!error, description, error && died(error))
}

function threw(code: string | null, message: string | RegExp | undefined): string {
  const parts = [code, message].filter((part) => part !== null && part !== undefined)
  return parts.length === 0 ? '' : `threw ${parts.join(': ')}`
}

function says(have: string | undefined, want: string | RegExp | undefined): boolean {
  if (want === undefined) return true
  return typeof want === 'string' ? have === want : want.test(have ?? '')
}

function differing(part: string, have: string | undefined, want: string | RegExp | undefined): string[] {
  return [`        have: ${part} ${have ?? '(none)'}`, `        want: ${part} ${want}`]
}

function message(operator: string, words: (pattern: string) => string) {
  return async (session: Session, query: Query, pattern: string, description?: string): Promise<Verdict> => {
    const claimed = description ?? words(quotedLiteral(pattern))
    const { error } = await attempt(session, query)
    if (!error) return verdict(false, claimed, '    no exception thrown')
    const text = { type: 'text', value: error.message }
    const { held } = await judged(
      session,
      text,
      { type: 'text', value: pattern },
      (a, b) => `${a} ${operator} ${b}`,
    )
    return verdict(
      held,
      claimed,
      `   error message: ${quotedLiteral(error.message)}\n   doesn't match: ${quotedLiteral(pattern)}`,
    )
  }
}
