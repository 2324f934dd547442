/** Claims on the constraints of a table: unique and check constraints by their columns, and any by name and definition. */
import type { Session } from '../engines/index.ts'
import { constrainedColumns, constraintExistence } from './constrained.ts'
import { CHECKS, CONSTRAINTS } from './kinds.ts'
import { nameOf, quoted, shown } from './name.ts'
import { columnsOf, partExistence, partOf, partsAre, partsOf } from './parts.ts'
import { asEvidence, haveWant, sameText, sameThings, type Verdict, verdict } from './verdict.ts'

const constraints = partExistence(
  CONSTRAINTS,
  (table, constraint, be) => `Table ${table} ${be} have constraint ${constraint}`,
)

/**
 * `has_unique`: the table has a unique constraint.
 *
 * @example
 * await tap.hasUnique('zoo.keepers')
 */
export const hasUnique = constraintExistence('u', 'a unique constraint').has

/**
 * `has_check`: the table has a check constraint.
 *
 * @example
 * await tap.hasCheck('zoo.animals')
 */
export const hasCheck = constraintExistence('c', 'a check constraint').has

/**
 * `col_is_unique`: a unique constraint of the table is on this column, or on these in this order.
 *
 * @example
 * await tap.colIsUnique('zoo.feedings', ['fed_at', 'food'])
 */
export async function colIsUnique(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(quoted(nameOf(table).name), columns)} should have a unique constraint`,
): Promise<Verdict> {
  return amongThese('unique', description, await constrainedColumns(session, table, 'u', columns))
}

/**
 * `col_has_check`: a check constraint of the table is on this column, or on these in this order.
 *
 * @example
 * await tap.colHasCheck('zoo.animals', 'legs')
 */
export async function colHasCheck(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(table, columns)} should have a check constraint`,
): Promise<Verdict> {
  return amongThese('check', description, await constrainedColumns(session, table, 'c', columns))
}

/**
 * The table has a constraint of that name, of whatever kind but NOT NULL.
 *
 * @example
 * await tap.hasConstraint('zoo.animals', 'animals_legs_are_few')
 */
export const hasConstraint = constraints.has

/**
 * The table has no constraint of that name.
 *
 * @example
 * await tap.hasntConstraint('zoo.animals', 'animals_legs_are_many')
 */
export const hasntConstraint = constraints.hasnt

/**
 * The table has these constraints and no others, of whatever kind but NOT NULL.
 *
 * @example
 * await tap.constraintsAre('zoo.portions', ['portions_feeding_fkey', 'portions_int4range_excl'])
 */
export const constraintsAre = partsAre(CONSTRAINTS)

/**
 * The table has these check constraints and no others, inherited ones among them.
 *
 * @example
 * await tap.checksAre('zoo.animals', ['animals_legs_are_few', 'animals_name_and_species_differ'])
 */
export async function checksAre(
  session: Session,
  table: string,
  names: readonly string[],
  description = `Table ${shown(table)} should have the correct check constraints`,
): Promise<Verdict> {
  const rows = await partsOf(session, CHECKS, table, `${CHECKS.name} as name`)
  if (rows === undefined) return verdict(false, description, `    Table ${shown(table)} does not exist`)
  const have = rows.map(({ name }) => quoted(name ?? ''))
  return sameThings(CHECKS.plural, have, names.map(quoted), description)
}

/**
 * The constraint says this, as `pg_get_constraintdef` prints it.
 *
 * @example
 * await tap.constraintIs('zoo.feedings', 'feedings_pkey', 'PRIMARY KEY (animal_id, fed_at)')
 */
export async function constraintIs(
  session: Session,
  table: string,
  constraint: string,
  definition: string,
  description = `Constraint ${quoted(constraint)} on table ${shown(table)} should be ${definition}`,
): Promise<Verdict> {
  const row = await partOf(
    session,
    CONSTRAINTS,
    table,
    constraint,
    'pg_catalog.pg_get_constraintdef(x.oid) as have',
  )
  if (row) return sameText(description, row['have'] ?? null, definition)
  return verdict(false, description, `    Constraint ${quoted(constraint)} does not exist on ${shown(table)}`)
}

/** One of the constraints has just the wanted columns. */
function amongThese(
  kind: string,
  description: string,
  { have, want }: { readonly have: readonly string[]; readonly want: string },
): Verdict {
  const those = have.length === 0 ? `No ${kind} constraints` : have.join('\n              ')
  return verdict(have.includes(want), description, haveWant(those, want), asEvidence(those, want))
}
