import type { Session } from '../../engines/index.ts'
import * as properties from '../index-properties.ts'
import * as claims from '../indexes.ts'
import { INDEXES } from '../kinds.ts'
import { qualified } from '../name.ts'
import { indexAlone, isIndexed, partsOfUsers, wherever } from './namesakes.ts'
import { type Overload, overloads } from './overloads.ts'
import { part, partsWithSchema } from './parts.ts'

/** A claim on an index by its own name, or by that of its table, too. Only with a schema there is a description. */
const property = (claim: typeof properties.indexIsUnique): Overload[] => [
  ...inSchema(claim),
  ...overloads('table:name index:name', (session, { table, index }) =>
    claim(session, qualified(null, table), index),
  ),
  ...overloads('index:name', (session, { index }) =>
    indexAlone(session, index, 'on the path', (index) => claim(session, index)),
  ),
]

const inSchema = (claim: typeof properties.indexIsUnique): Overload[] =>
  overloads(
    'schema:name table:name index:name [description:text]',
    (session, { schema, table, index, description }) =>
      claim(session, qualified(schema, table), index, description),
  )

/** Three names are told apart as pgTAP does it: the first is a schema's if there is such a schema. */
async function isSchema(session: Session, name: string): Promise<boolean> {
  const rows = await session.query('select from pg_catalog.pg_namespace where nspname = $1', [name])
  return rows.length > 0
}

export const indexes = {
  has_index: [
    ...overloads(
      'schema:name table:name index:name columns:name[] [description:text]',
      (session, { schema, table, index, columns, description }) =>
        claims.hasIndex(session, qualified(schema, table), index, columns, description),
    ),
    ...overloads(
      'schema:name table:name index:name column:name [description:text]',
      (session, { schema, table, index, column, description }) =>
        claims.hasIndex(session, qualified(schema, table), index, [column], description),
    ),
    ...overloads(
      'table:name index:name columns:name[] [description:text]',
      (session, { table, index, columns, description }) =>
        claims.hasIndex(session, qualified(null, table), index, columns, description),
    ),
    ...overloads(
      'first:name second:name third:name [description:text]',
      async (session, { first, second, third, description }) =>
        (await isSchema(session, first))
          ? claims.hasIndex(session, qualified(first, second), third, description)
          : claims.hasIndex(session, qualified(null, first), second, [third], description),
    ),
    // What has a parenthesis is an expression, anything else a description.
    ...overloads('table:name index:name words:text', (session, { table, index, words }) =>
      words.includes('(')
        ? claims.hasIndex(session, qualified(null, table), index, [words])
        : claims.hasIndex(session, qualified(null, table), index, words),
    ),
    ...overloads('table:name index:name', (session, { table, index }) =>
      claims.hasIndex(session, qualified(null, table), index),
    ),
  ],
  hasnt_index: part(claims.hasntIndex),
  indexes_are: partsWithSchema(claims.indexesAre, partsOfUsers(INDEXES)),
  is_indexed: [
    ...overloads(
      'schema:name table:name columns:name[] [description:text]',
      (session, { schema, table, columns, description }) =>
        claims.isIndexed(session, qualified(schema, table), columns, description),
    ),
    ...overloads('table:name columns:name[] [description:text]', (session, { table, columns, description }) =>
      isIndexed(session, table, columns, description),
    ),
    ...overloads(
      'schema:name table:name column:name description:text',
      (session, { schema, table, column, description }) =>
        claims.isIndexed(session, qualified(schema, table), column, description),
    ),
    // Without a schema, what comes third is a description.
    ...overloads('first:name second:name third:name', async (session, { first, second, third }) =>
      (await isSchema(session, first))
        ? claims.isIndexed(session, qualified(first, second), third)
        : isIndexed(session, first, second, third),
    ),
    ...overloads('table:name column:name', (session, { table, column }) =>
      isIndexed(session, table, column, ''),
    ),
  ],
  index_is_unique: property(properties.indexIsUnique),
  index_is_primary: property(properties.indexIsPrimary),
  index_is_partial: property(properties.indexIsPartial),
  is_clustered: [
    ...inSchema(properties.isClustered),
    ...overloads('table:name index:name', (session, { table, index }) =>
      wherever(session, INDEXES, [table, index], (table) => properties.isClustered(session, table, index)),
    ),
    ...overloads('index:name', (session, { index }) =>
      indexAlone(session, index, 'everywhere', (index) => properties.isClustered(session, index)),
    ),
  ],
  index_is_type: [
    ...overloads(
      'schema:name table:name index:name type:name [description:text]',
      (session, { schema, table, index, type, description }) =>
        properties.indexIsType(session, qualified(schema, table), index, type, description),
    ),
    ...overloads('table:name index:name type:name', (session, { table, index, type }) =>
      wherever(session, INDEXES, [table, index], (table) =>
        properties.indexIsType(session, table, index, type),
      ),
    ),
    ...overloads('index:name type:name', (session, { index, type }) =>
      indexAlone(session, index, 'everywhere', (index) => properties.indexIsType(session, index, type)),
    ),
  ],
}
