import { colDefaultIs } from '../column-defaults.ts'
import * as claims from '../columns.ts'
import { COLUMNS } from '../kinds.ts'
import { qualified } from '../name.ts'
import { colTypeIsAsRead } from './column-types.ts'
import { partsOfUsers } from './namesakes.ts'
import { type Overload, overloads } from './overloads.ts'
import { describedPart, partsWithSchema } from './parts.ts'
import { typedOf } from './typed-of.ts'

/** A description that is NULL is the default one here. */
const inOwnWords = (claim: typeof claims.colNotNull): Overload[] =>
  overloads('[schema:name] table:name column:name [description:text?]', (session, a) =>
    claim(session, qualified(a.schema, a.table), a.column, a.description ?? undefined),
  )

export const columns = {
  has_column: describedPart(claims.hasColumn),
  hasnt_column: describedPart(claims.hasntColumn),
  columns_are: partsWithSchema(claims.columnsAre, partsOfUsers(COLUMNS)),
  col_not_null: inOwnWords(claims.colNotNull),
  col_is_null: inOwnWords(claims.colIsNull),
  col_has_default: describedPart(claims.colHasDefault),
  col_hasnt_default: describedPart(claims.colHasntDefault),
  col_type_is: [
    ...overloads(
      'schema:name table:name column:name type_schema:name type:text [description:text]',
      (session, { schema, table, column, type_schema, type, description }) =>
        colTypeIsAsRead(
          session,
          [qualified(schema, table), column],
          { schema: type_schema, type },
          description,
        ),
    ),
    ...overloads(
      '[schema:name] table:name column:name type:text [description:text]',
      (session, { schema, table, column, type, description }) =>
        colTypeIsAsRead(session, [qualified(schema, table), column], type, description),
    ),
  ],
  // Text first: a value of any other type is known by not being text.
  col_default_is: [
    ...overloads(
      'schema:name table:name column:name value:text? description:text',
      (session, { schema, table, column, value, description }) =>
        colDefaultIs(session, qualified(schema, table), column, value, description),
    ),
    ...overloads(
      'table:name column:name value:text? [description:text]',
      (session, { table, column, value, description }) =>
        colDefaultIs(session, qualified(null, table), column, value, description),
    ),
    ...overloads(
      'schema:name table:name column:name value:any description:text',
      (session, { schema, table, column, value, description }) =>
        colDefaultIs(session, qualified(schema, table), column, typedOf(value), description),
    ),
    ...overloads(
      'table:name column:name value:any [description:text]',
      (session, { table, column, value, description }) =>
        colDefaultIs(session, qualified(null, table), column, typedOf(value), description),
    ),
  ],
}
