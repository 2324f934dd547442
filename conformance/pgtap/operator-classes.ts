/** Claims on operator classes. */
import { existence, finds } from './existence.ts'
import { listing, namesIn } from './listing.ts'
import { isAmong, isNamed } from './named.ts'

const operatorClasses = existence('Operator class', (session, { schema, name }) =>
  finds(session, `select from pg_catalog.pg_opclass as o where ${isNamed('pg_opclass', 'o')}`, [
    schema,
    name,
  ]),
)

/**
 * `has_opclass`: there is an operator class of that name, for whatever kind of index.
 *
 * @example
 * await tap.hasOpclass('zoo.place_ops')
 */
export const hasOpclass = operatorClasses.has

/**
 * `hasnt_opclass`: there is no operator class of that name.
 *
 * @example
 * await tap.hasntOpclass('zoo.mood_ops')
 */
export const hasntOpclass = operatorClasses.hasnt

/**
 * `opclasses_are`: the schema, or the search path, has these operator classes and no others.
 *
 * @example
 * await tap.opclassesAre('zoo', ['place_ops'])
 */
export const opclassesAre = listing('operator classes', (session, schema) =>
  namesIn(
    session,
    `select o.opcname as name from pg_catalog.pg_opclass as o where ${isAmong('pg_opclass', 'o')}`,
    [schema],
  ),
)
