/** Claims on which schemas there are. */
import { finds, plainExistence } from './existence.ts'
import { plainListing } from './listing.ts'

const schemas = plainExistence('Schema', (session, name) =>
  finds(session, 'select from pg_catalog.pg_namespace as n where n.nspname = $1', [name]),
)

/**
 * `has_schema`: there is a schema of that name.
 *
 * @example
 * await tap.hasSchema('zoo')
 */
export const hasSchema = schemas.has

/**
 * `hasnt_schema`: there is no schema of that name.
 *
 * @example
 * await tap.hasntSchema('nowhere')
 */
export const hasntSchema = schemas.hasnt

/**
 * `schemas_are`: the database has these schemas and no others, but for the system's.
 *
 * @example
 * await tap.schemasAre(['auth', 'extensions', 'public', 'zoo', 'zoo_annex', 'Odd Zoo'])
 */
export const schemasAre = plainListing(
  'schemas',
  `select n.nspname as name
   from pg_catalog.pg_namespace as n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
)
