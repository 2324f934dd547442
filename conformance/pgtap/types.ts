/** Claims on which types there are. */
import { TYPES, typeExistence, typeListing } from './type-kinds.ts'

const types = typeExistence('Type', TYPES)

/**
 * `has_type`: there is a type of that name: a base type, a composite one, a table's rows, a domain or an enum. A range is none.
 *
 * @example
 * await tap.hasType('zoo.place')
 */
export const hasType = types.has

/**
 * `hasnt_type`: there is no type of that name, but perhaps a range.
 *
 * @example
 * await tap.hasntType('zoo.nothing')
 */
export const hasntType = types.hasnt

/**
 * `types_are`: the schema, or the search path, has these types and no others: composite ones, domains and enums among them, but
 * no table's rows and no ranges.
 *
 * @example
 * await tap.typesAre('Odd Zoo', ['Mood Swing', 'Short Text'])
 */
export const typesAre = typeListing('types', TYPES)
