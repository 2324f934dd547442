/** Claims on the columns of a relation: which there are, and what they may hold. */
import type { Session } from '../engines/index.ts'
import { COLUMNS } from './kinds.ts'
import { columnOf, partExistence, partOf, partsAre } from './parts.ts'
import { type Verdict, verdict } from './verdict.ts'

const columns = partExistence(COLUMNS, (relation, column, be) => `Column ${relation}.${column} ${be} exist`)

/**
 * `has_column`: the relation has a column of that name.
 *
 * @example
 * await tap.hasColumn('zoo.animals', 'species')
 */
export const hasColumn = columns.has

/**
 * `hasnt_column`: the relation has no column of that name.
 *
 * @example
 * await tap.hasntColumn('zoo.animals', 'wings')
 */
export const hasntColumn = columns.hasnt

/**
 * `columns_are`: the relation has these columns and no others.
 *
 * @example
 * await tap.columnsAre('zoo.notes', ['body'])
 */
export const columnsAre = partsAre(COLUMNS)

/**
 * `col_not_null`: the column is NOT NULL.
 *
 * @example
 * await tap.colNotNull('zoo.animals', 'species')
 */
export const colNotNull = property('be NOT NULL', 'x.attnotnull')

/**
 * `col_is_null`: the column may hold NULL.
 *
 * @example
 * await tap.colIsNull('zoo.animals', 'name')
 */
export const colIsNull = property('allow NULL', 'not x.attnotnull')

/**
 * `col_has_default`: the column has a default, or is generated.
 *
 * @example
 * await tap.colHasDefault('zoo.animals', 'species')
 */
export const colHasDefault = property('have a default', 'x.atthasdef')

/**
 * `col_hasnt_default`: the column has no default.
 *
 * @example
 * await tap.colHasntDefault('zoo.animals', 'name')
 */
export const colHasntDefault = property('not have a default', 'not x.atthasdef')

/** The claim that `condition` holds of a column, which has to exist. */
function property(sentence: string, condition: string) {
  return async (
    session: Session,
    relation: string,
    column: string,
    description = `Column ${columnOf(relation, column)} should ${sentence}`,
  ): Promise<Verdict> => {
    const row = await partOf(session, COLUMNS, relation, column, `(${condition})::text as held`)
    if (row) return verdict(row['held'] === 'true', description)
    return verdict(false, description, `    Column ${columnOf(relation, column)} does not exist`)
  }
}
