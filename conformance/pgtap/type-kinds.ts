/** What claims on types, domains and enums share: each is a kind of type, as `typtype` has it. */
import { type Existence, existence, finds } from './existence.ts'
import { type Listing, listing, namesIn } from './listing.ts'
import { isAmong, isNamed } from './named.ts'

/** Base, composite, domain, enum and pseudo: what pgTAP takes for a type. Ranges are none to it. */
export const TYPES = ['b', 'c', 'd', 'p', 'e']
export const DOMAINS = ['d']
export const ENUMS = ['e']

/** That there is a type of these kinds, and that there is none. */
export function typeExistence(noun: string, kinds: readonly string[]): Existence {
  return existence(noun, (session, { schema, name }) =>
    finds(
      session,
      `select from pg_catalog.pg_type as t
       where ${isNamed('pg_type', 't')} and t.typisdefined and t.typtype = any($3::"char"[])`,
      [schema, name, kinds],
    ),
  )
}

/** That these are all types of these kinds. Rows of tables and arrays of other types do not count. */
export function typeListing(things: string, kinds: readonly string[]): Listing {
  return listing(
    'types',
    (session, schema) =>
      namesIn(
        session,
        `select t.typname as name
         from pg_catalog.pg_type as t
         left join pg_catalog.pg_class as c on c.oid = t.typrelid
         where t.typtype = any($2::"char"[])
           and ${isAmong('pg_type', 't')}
           and (c.oid is null or c.relkind = 'c')
           and not exists (select from pg_catalog.pg_type as e where e.oid = t.typelem and e.typarray = t.oid)`,
        [schema, kinds],
      ),
    { things },
  )
}
