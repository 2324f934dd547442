/** Claims on operators, whose names may have a schema: `=`, `zoo.===`. Types are read as SQL reads them. */
import type { Session } from '../engines/index.ts'
import { type Rest, restOf } from './detail.ts'
import { finds } from './existence.ts'
import { listing, namesIn } from './listing.ts'
import { operatorOf, quoted } from './name.ts'
import { isAmong, isNamed } from './named.ts'
import { type Verdict, verdict } from './verdict.ts'

/** The type that an operator returns. */
export interface Returns {
  readonly returns: string
}

/**
 * `has_operator`: there is such an operator between values of these types, which returns that type where it is named.
 *
 * @example
 * await tap.hasOperator('zoo.place', 'zoo.===', 'zoo.place', { returns: 'boolean' })
 */
export const hasOperator = between(true)

/**
 * `hasnt_operator`: there is no such operator between values of these types, or none that returns that type.
 *
 * @example
 * await tap.hasntOperator('zoo.place', 'zoo.===', 'text')
 */
export const hasntOperator = between(false)

/**
 * `has_leftop`: there is such an operator before a value of that type, which returns that type where it is named.
 *
 * @example
 * await tap.hasLeftop('zoo.!!!', 'zoo.place')
 */
export const hasLeftop = before(true)

/**
 * `hasnt_leftop`: there is no such operator before a value of that type, or none that returns that type.
 *
 * @example
 * await tap.hasntLeftop('zoo.!!!', 'zoo.mood')
 */
export const hasntLeftop = before(false)

/**
 * `has_rightop`: there is such an operator after a value of that type. Not since PostgreSQL 14, which has none.
 *
 * @example
 * await expect(tap.hasRightop('bigint', '!')).rejects.toThrow('should exist')
 */
export const hasRightop = after(true)

/**
 * `hasnt_rightop`: there is no such operator after a value of that type, or none that returns that type.
 *
 * @example
 * await tap.hasntRightop('bigint', '!')
 */
export const hasntRightop = after(false)

/**
 * `operators_are`: the schema, or the search path, has these operators and no others, each with its types:
 * `===(place,place) RETURNS boolean`, `!!!(NONE,place) RETURNS boolean`. Types of schemas off the search path are qualified.
 *
 * @example
 * await tap.operatorsAre('zoo', ['===(place,place) RETURNS boolean', '!!!(NONE,place) RETURNS boolean'])
 */
export const operatorsAre = listing(
  'operators',
  (session, schema) =>
    namesIn(
      session,
      `select pg_catalog.format('%s(%s,%s) RETURNS %s', o.oprname,
                                ${operand('o.oprleft')}, ${operand('o.oprright')}, ${operand('o.oprresult')}) as name
       from pg_catalog.pg_operator as o
       where ${isAmong('pg_operator', 'o')}`,
      [schema],
    ),
  { everywhere: 'There should be the correct operators', print: (operator) => operator },
)

function between(wanted: boolean) {
  return (session: Session, left: string, operator: string, right: string, ...rest: Rest<Returns>) =>
    judged(session, wanted, { noun: 'Operator', operator, left, right, rest })
}

function before(wanted: boolean) {
  return (session: Session, operator: string, right: string, ...rest: Rest<Returns>) =>
    judged(session, wanted, { noun: 'Left operator', operator, left: null, right, rest })
}

function after(wanted: boolean) {
  return (session: Session, left: string, operator: string, ...rest: Rest<Returns>) =>
    judged(session, wanted, { noun: 'Right operator', operator, left, right: null, rest })
}

/** An operator and its operands; null where it takes none. */
interface Operation {
  readonly noun: string
  readonly operator: string
  readonly left: string | null
  readonly right: string | null
  readonly rest: Rest<Returns>
}

async function judged(
  session: Session,
  wanted: boolean,
  { noun, operator, left, right, rest }: Operation,
): Promise<Verdict> {
  const { detail, description } = restOf(rest)
  const { schema, name } = operatorOf(operator)
  const exists = await finds(
    session,
    `select from pg_catalog.pg_operator as o
     where ${isNamed('pg_operator', 'o')}
       and o.oprleft = case when $3::text is null then 0 else ${typeNamed('$3')} end
       and o.oprright = case when $4::text is null then 0 else ${typeNamed('$4')} end
       and ($5::text is null or o.oprresult = pg_catalog.to_regtype($5))`,
    [schema, name, left, right, detail?.returns ?? null],
  )
  const shown = schema === null ? name : `${quoted(schema)}.${name}`
  const returns = detail ? ` RETURNS ${detail.returns}` : ''
  return verdict(
    exists === wanted,
    description ??
      `${noun} ${shown}(${left ?? 'NONE'},${right ?? 'NONE'})${returns} should ${wanted ? '' : 'not '}exist`,
  )
}

/** The type of a name. The server reads a dash as no type, which is no operand's. */
function typeNamed(parameter: string): string {
  return `nullif(pg_catalog.to_regtype(${parameter})::oid, 0)`
}

/** A type as it is printed; NONE where there is no operand. */
function operand(type: string): string {
  return `case ${type} when 0 then 'NONE' else pg_catalog.format_type(${type}, null) end`
}
