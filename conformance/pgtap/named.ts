/** Conditions on the rows of the catalogs whose things have a schema. */

/** What a catalog's columns begin with, and what tells whether the search path finds a thing. */
const CATALOGS = {
  pg_class: { prefix: 'rel', visible: 'pg_table_is_visible' },
  pg_opclass: { prefix: 'opc', visible: 'pg_opclass_is_visible' },
  pg_operator: { prefix: 'opr', visible: 'pg_operator_is_visible' },
  pg_proc: { prefix: 'pro', visible: 'pg_function_is_visible' },
  pg_type: { prefix: 'typ', visible: 'pg_type_is_visible' },
} as const

/** A catalog whose things have a schema. */
export type Catalog = keyof typeof CATALOGS

/**
 * That a row is what two parameters name, its schema and its name: `$first` and the next. Where the schema is null, it is the one
 * that the search path finds.
 */
export function isNamed(catalog: Catalog, alias: string, first = 1): string {
  return `${alias}.${prefixOf(catalog)}name = $${first + 1}::name and ${isFound(catalog, alias, first)}`
}

/** That a row is in the schema `$parameter`, or, where that is null, is found by the search path. */
export function isFound(catalog: Catalog, alias: string, parameter = 1): string {
  const { prefix, visible } = CATALOGS[catalog]
  return `case when $${parameter}::name is null then pg_catalog.${visible}(${alias}.oid)
               else ${alias}.${prefix}namespace = ${schemaIn(parameter)} end`
}

/** That a row is in the schema `$1`, or, where that is null, is found by the search path outside the system's schemas. */
export function isAmong(catalog: Catalog, alias: string): string {
  const { prefix, visible } = CATALOGS[catalog]
  return `case when $1::name is null
               then pg_catalog.${visible}(${alias}.oid)
                    and ${alias}.${prefix}namespace not in
                        ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
               else ${alias}.${prefix}namespace = ${schemaIn(1)} end`
}

/** What a catalog's columns begin with: `rel` in pg_class. */
export function prefixOf(catalog: Catalog): string {
  return CATALOGS[catalog].prefix
}

function schemaIn(parameter: number): string {
  return `(select n.oid from pg_catalog.pg_namespace as n where n.nspname = $${parameter})`
}
