/** Claims on who owns what. */
import type { Session } from '../engines/index.ts'
import { factOf, type Meant, signature } from './function-named.ts'
import { nameOf, quoted, shown } from './name.ts'
import { type Catalog, isNamed, prefixOf } from './named.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** A claim on the owner of one thing by its name. */
export type OnOwner = (
  session: Session,
  thing: string,
  owner: string,
  description?: string | undefined,
) => Promise<Verdict>

/**
 * `db_owner_is`: the database is there and belongs to that role.
 *
 * @example
 * await expect(tap.dbOwnerIs('template1', 'zoo_keeper')).rejects.toThrow('should be owned by zoo_keeper')
 */
export const dbOwnerIs = ownerOfPlain('Database', 'datdba', 'pg_database', 'datname')

/**
 * `schema_owner_is`: the schema is there and belongs to that role.
 *
 * @example
 * await tap.schemaOwnerIs('zoo_annex', 'zoo_keepers')
 */
export const schemaOwnerIs = ownerOfPlain('Schema', 'nspowner', 'pg_namespace', 'nspname')

/**
 * `tablespace_owner_is`: the tablespace is there and belongs to that role.
 *
 * @example
 * await expect(tap.tablespaceOwnerIs('fast_disk', 'zoo_keeper')).rejects.toThrow('does not exist')
 */
export const tablespaceOwnerIs = ownerOfPlain('Tablespace', 'spcowner', 'pg_tablespace', 'spcname')

/**
 * `language_owner_is`: the language is there and belongs to that role.
 *
 * @example
 * await tap.languageOwnerIs('zoo_language', 'zoo_director')
 */
export const languageOwnerIs = ownerOfPlain('Language', 'lanowner', 'pg_language', 'lanname')

/**
 * `relation_owner_is`: the relation, of whatever kind, is there and belongs to that role.
 *
 * @example
 * await tap.relationOwnerIs('zoo.feedings', 'zoo_keepers')
 */
export const relationOwnerIs = ownerOfRelation('Relation')

/**
 * `table_owner_is`: the table, partitioned or not, is there and belongs to that role.
 *
 * @example
 * await tap.tableOwnerIs('zoo.notes', 'zoo_vets')
 */
export const tableOwnerIs = ownerOfRelation('Table', ['r', 'p'])

/**
 * `view_owner_is`: the view is there and belongs to that role.
 *
 * @example
 * await tap.viewOwnerIs('zoo.heavy_animals', 'zoo_keepers')
 */
export const viewOwnerIs = ownerOfRelation('View', ['v'])

/**
 * `materialized_view_owner_is`: the materialized view is there and belongs to that role.
 *
 * @example
 * await tap.materializedViewOwnerIs('zoo.census', 'zoo_keepers')
 */
export const materializedViewOwnerIs = ownerOfRelation('Materialized view', ['m'])

/**
 * `sequence_owner_is`: the sequence is there and belongs to that role.
 *
 * @example
 * await tap.sequenceOwnerIs('zoo.ticket_numbers', 'zoo_vets')
 */
export const sequenceOwnerIs = ownerOfRelation('Sequence', ['S'])

/**
 * `composite_owner_is`: the composite type that is no table's is there and belongs to that role.
 *
 * @example
 * await tap.compositeOwnerIs('zoo.place', 'zoo_keepers')
 */
export const compositeOwnerIs = ownerOfRelation('Composite type', ['c'])

/**
 * `foreign_table_owner_is`: the foreign table is there and belongs to that role.
 *
 * @example
 * await tap.foreignTableOwnerIs('zoo.visitors_elsewhere', 'zoo_keepers')
 */
export const foreignTableOwnerIs = ownerOfRelation('Foreign table', ['f'])

/**
 * `type_owner_is`: the type is there and belongs to that role.
 *
 * @example
 * await tap.typeOwnerIs('zoo.mood', 'zoo_vets')
 */
export const typeOwnerIs = ownerOf('Type', 'pg_type', { lacking: 'not found' })

/**
 * `opclass_owner_is`: the operator class is there and belongs to that role.
 *
 * @example
 * await tap.opclassOwnerIs('zoo.place_ops', 'zoo_vets')
 */
export const opclassOwnerIs = ownerOf('Operator class', 'pg_opclass', { lacking: 'not found' })

/**
 * `index_owner_is`: the index on the table is there and belongs to that role.
 *
 * @example
 * await tap.indexOwnerIs('zoo.feedings', 'feedings_pkey', 'zoo_keepers')
 */
export async function indexOwnerIs(
  session: Session,
  table: string,
  index: string,
  owner: string,
  description?: string,
): Promise<Verdict> {
  const { schema, name } = nameOf(table)
  const [row] = await session.query(
    `select pg_catalog.pg_get_userbyid(i.relowner) as owner
     from pg_catalog.pg_class as c
     join pg_catalog.pg_index as x on x.indrelid = c.oid
     join pg_catalog.pg_class as i on i.oid = x.indexrelid
     where ${isNamed('pg_class', 'c')} and i.relname = $3`,
    [schema, name, index],
  )
  const thing = `Index ${quoted(index)} ON ${shown(table)}`
  return owned({ thing, lacking: 'not found' }, row?.['owner'] ?? null, owner, description)
}

/**
 * `function_owner_is`: the function with arguments of these types is there and belongs to that role.
 *
 * @example
 * await tap.functionOwnerIs('zoo.greet', ['text'], 'zoo_keepers')
 */
export async function functionOwnerIs(
  session: Session,
  name: string,
  types: readonly string[],
  owner: string,
  description?: string,
): Promise<Verdict> {
  const meant: Meant = { name, types }
  const have = await factOf(session, meant, 'pg_catalog.pg_get_userbyid(p.proowner)')
  return owned({ thing: `Function ${signature(meant)}` }, have, owner, description)
}

/** The owner of what has no schema. */
function ownerOfPlain(noun: string, owner: string, catalog: string, name: string): OnOwner {
  const query = `select pg_catalog.pg_get_userbyid(${owner}) as owner from pg_catalog.${catalog} where ${name} = $1`
  return async (session, thing, owner, description) => {
    const [row] = await session.query(query, [thing])
    return owned({ thing: `${noun} ${quoted(thing)}` }, row?.['owner'] ?? null, owner, description)
  }
}

function ownerOfRelation(noun: string, kinds?: readonly string[]): OnOwner {
  const condition = kinds ? `c.relkind in (${kinds.map((kind) => `'${kind}'`).join(', ')})` : 'true'
  return ownerOf(noun, 'pg_class', { condition })
}

/** The owner of what may have a schema. `condition` is on `c`, a row of the catalog. */
function ownerOf(
  noun: string,
  catalog: Catalog,
  { condition = 'true', lacking }: { condition?: string; lacking?: string },
): OnOwner {
  const query = `select pg_catalog.pg_get_userbyid(c.${prefixOf(catalog)}owner) as owner
                 from pg_catalog.${catalog} as c where ${isNamed(catalog, 'c')} and ${condition}`
  return async (session, thing, owner, description) => {
    const { schema, name } = nameOf(thing)
    const [row] = await session.query(query, [schema, name])
    return owned({ thing: `${noun} ${shown(thing)}`, lacking }, row?.['owner'] ?? null, owner, description)
  }
}

/** A thing as it is named, and what is said where there is none. */
interface Owned {
  readonly thing: string
  readonly lacking?: string | undefined
}

function owned(
  { thing, lacking = 'does not exist' }: Owned,
  have: string | null,
  owner: string,
  description = `${thing} should be owned by ${quoted(owner)}`,
): Verdict {
  return have === null
    ? verdict(false, description, `    ${thing} ${lacking}`)
    : sameText(description, have, owner)
}
