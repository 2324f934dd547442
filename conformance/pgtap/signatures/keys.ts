import { colHasCheck, colIsUnique, hasCheck, hasUnique } from '../constraints.ts'
import * as foreign from '../foreign-keys.ts'
import * as claims from '../keys.ts'
import { qualified } from '../name.ts'
import { fkOk } from './as-pgtap-decides.ts'
import { overloads } from './overloads.ts'
import { columnOrColumns, describedColumnOrColumns } from './parts.ts'
import { describedThing, thing } from './relations.ts'

export const keys = {
  has_pk: thing(claims.hasPk),
  hasnt_pk: describedThing(claims.hasntPk),
  col_is_pk: columnOrColumns(claims.colIsPk),
  col_isnt_pk: describedColumnOrColumns(claims.colIsntPk),
  has_fk: describedThing(foreign.hasFk),
  hasnt_fk: describedThing(foreign.hasntFk),
  col_is_fk: describedColumnOrColumns(foreign.colIsFk),
  col_isnt_fk: describedColumnOrColumns(foreign.colIsntFk),
  fk_ok: [
    ...overloads(
      'schema:name table:name columns:name[] to_schema:name to_table:name to_columns:name[] [description:text]',
      (session, { schema, table, columns, to_schema, to_table, to_columns, description }) =>
        foreign.fkOk(
          session,
          qualified(schema, table),
          columns,
          qualified(to_schema, to_table),
          to_columns,
          description,
        ),
    ),
    ...overloads('table:name columns:name[] to_table:name to_columns:name[] [description:text]', fkOk),
    ...overloads(
      'schema:name table:name column:name to_schema:name to_table:name to_column:name description:text',
      (session, { schema, table, column, to_schema, to_table, to_column, description }) =>
        foreign.fkOk(
          session,
          qualified(schema, table),
          column,
          qualified(to_schema, to_table),
          to_column,
          description,
        ),
    ),
    // The last text is a column here, not a description.
    ...overloads(
      'schema:name table:name column:name to_schema:name to_table:name to_column:text',
      (session, { schema, table, column, to_schema, to_table, to_column }) =>
        foreign.fkOk(session, qualified(schema, table), column, qualified(to_schema, to_table), to_column),
    ),
    ...overloads(
      'table:name column:name to_table:name to_column:name [description:text]',
      (session, { table, column, to_table, to_column, description }) =>
        fkOk(session, { table, columns: column, to_table, to_columns: to_column, description }),
    ),
  ],
  has_unique: [
    ...overloads('schema:text table:text description:text', (session, { schema, table, description }) =>
      hasUnique(session, qualified(schema, table), description),
    ),
    ...overloads('table:text [description:text]', (session, { table, description }) =>
      hasUnique(session, qualified(null, table), description),
    ),
  ],
  col_is_unique: columnOrColumns(colIsUnique),
  has_check: describedThing(hasCheck),
  col_has_check: describedColumnOrColumns(colHasCheck),
}
