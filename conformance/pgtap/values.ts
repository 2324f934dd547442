/** Claims on values: `ok`, `is`, `matches`, `alike`, `cmp_ok`, `isa_ok` and their opposites. */
import type { Session } from '../engines/index.ts'
import { quotedLiteral } from './literal.ts'
import { alignedTypes, asTyped, judged, type Value } from './value.ts'
import { anythingElse, haveWant, type Verdict, verdict } from './verdict.ts'

/** What the second line of a pattern's failure begins with, aligned with the value above it. */
const DOES_NOT = "   doesn't match: "
const DOES = '         matches: '

/**
 * `ok`: it is true. Null is not.
 *
 * @example
 * await tap.ok(1 + 1 === 2, 'one and one are two')
 */
export async function ok(_session: Session, held: boolean | null, description = ''): Promise<Verdict> {
  return verdict(held, description)
}

/**
 * `pass`: it is so.
 *
 * @example
 * await tap.pass('we got here')
 */
export async function pass(_session: Session, description = ''): Promise<Verdict> {
  return verdict(true, description)
}

/**
 * `fail`: it is not so.
 *
 * @example
 * await expect(tap.fail('we should not get here')).rejects.toThrow('we should not get here')
 */
export async function fail(_session: Session, description = ''): Promise<Verdict> {
  return verdict(false, description)
}

/**
 * `is`: the two are the same value to the server, and NULL is the same as NULL.
 *
 * @example
 * await tap.is(typed('numeric', '1.50'), '1.5', 'the price is right')
 */
export async function is(session: Session, have: Value, want: Value, description = ''): Promise<Verdict> {
  const { held, one, other } = await judged(
    session,
    ...alignedTypes(have, want),
    (a, b) => `${a} is not distinct from ${b}`,
  )
  return verdict(held, description, haveWant(one, other))
}

/**
 * `isnt`: the two are different values to the server.
 *
 * @example
 * await tap.isnt('have', 'want')
 */
export async function isnt(session: Session, have: Value, want: Value, description = ''): Promise<Verdict> {
  const { held, one } = await judged(
    session,
    ...alignedTypes(have, want),
    (a, b) => `${a} is distinct from ${b}`,
  )
  return verdict(held, description, anythingElse(one))
}

/**
 * `matches`: the text matches a regular expression of the server's.
 *
 * @example
 * await tap.matches('standard', '^stan')
 */
export const matches = pattern('~', DOES_NOT)

/**
 * `imatches`: the text matches a regular expression, whatever its case.
 *
 * @example
 * await tap.imatches('Standard', '^stan')
 */
export const imatches = pattern('~*', DOES_NOT)

/**
 * `doesnt_match`: the text does not match a regular expression.
 *
 * @example
 * await tap.doesntMatch('standard', '^gpu')
 */
export const doesntMatch = pattern('!~', DOES)

/**
 * `doesnt_imatch`: the text does not match a regular expression in any case.
 *
 * @example
 * await tap.doesntImatch('standard', '^GPU')
 */
export const doesntImatch = pattern('!~*', DOES)

/**
 * `alike`: the text is like a pattern with `%` and `_`.
 *
 * @example
 * await tap.alike('standard', 'stan%')
 */
export const alike = pattern('~~', DOES_NOT)

/**
 * `ialike`: the text is like a pattern, whatever its case.
 *
 * @example
 * await tap.ialike('Standard', 'stan%')
 */
export const ialike = pattern('~~*', DOES_NOT)

/**
 * `unalike`: the text is not like a pattern.
 *
 * @example
 * await tap.unalike('standard', 'gpu%')
 */
export const unalike = pattern('!~~', DOES)

/**
 * `unialike`: the text is not like a pattern in any case.
 *
 * @example
 * await tap.unialike('standard', 'GPU%')
 */
export const unialike = pattern('!~~*', DOES)

/**
 * `cmp_ok`: an operator of the server's holds between the two.
 *
 * @example
 * await tap.cmpOk(typed('interval', '1 day'), '<', '36 hours')
 */
export async function cmpOk(
  session: Session,
  have: Value,
  operator: string,
  want: Value,
  description = '',
): Promise<Verdict> {
  const { held, one, other } = await judged(
    session,
    ...alignedTypes(have, want),
    (a, b) => `${a} ${operator} ${b}`,
  )
  return verdict(
    held ?? false,
    description,
    `    ${quotedLiteral(one)}\n        ${operator}\n    ${quotedLiteral(other)}`,
  )
}

/**
 * `isa_ok`: the value is of that type. `name` is what the description calls it.
 *
 * @example
 * await tap.isaOk(typed('interval', '1 day'), 'interval', 'a day')
 */
export async function isaOk(
  session: Session,
  have: Value,
  type: string,
  name = 'the value',
): Promise<Verdict> {
  const [row] = await session.query(
    `select pg_typeof(null::${asTyped(have).type})::text as have, $1::regtype::text as want`,
    [type],
  )
  const [is, want] = [row?.['have'] ?? '', row?.['want'] ?? '']
  return verdict(is === want, `${name} isa ${want}`, `    ${name} isn't a "${want}" it's a "${is}"`)
}

function pattern(operator: string, words: string) {
  return async (
    session: Session,
    have: Value,
    pattern: string | null,
    description = '',
  ): Promise<Verdict> => {
    const text = asTyped(have)
    const { held, one } = await judged(
      session,
      text,
      { type: 'text', value: pattern },
      (a, b) => `${a} ${operator} ${b}`,
    )
    return verdict(
      held,
      description,
      `                  ${quotedLiteral(one)}\n${words}${quotedLiteral(pattern)}`,
    )
  }
}
