/** Claims on which tablespaces the server has. */
import type { Session } from '../engines/index.ts'
import { type Rest, restOf } from './detail.ts'
import { finds, plainExistence } from './existence.ts'
import { plainListing } from './listing.ts'
import { quoted } from './name.ts'
import { type Verdict, verdict } from './verdict.ts'

const tablespaces = plainExistence('Tablespace', (session, name) =>
  finds(session, 'select from pg_catalog.pg_tablespace as t where t.spcname = $1', [name]),
)

/**
 * `has_tablespace`: there is a tablespace of that name, at that location where one is given.
 *
 * @example
 * await tap.hasTablespace('pg_default')
 */
export async function hasTablespace(
  session: Session,
  tablespace: string,
  ...rest: Rest<{ readonly location: string }>
): Promise<Verdict> {
  const { detail, description } = restOf(rest)
  if (!detail) return tablespaces.has(session, tablespace, description)
  return verdict(
    await finds(
      session,
      `select from pg_catalog.pg_tablespace as t
       where t.spcname = $1 and pg_catalog.pg_tablespace_location(t.oid) = $2`,
      [tablespace, detail.location],
    ),
    description ?? `Tablespace ${quoted(tablespace)} should exist at ${detail.location}`,
  )
}

/**
 * `hasnt_tablespace`: there is no tablespace of that name.
 *
 * @example
 * await tap.hasntTablespace('fast_disk')
 */
export const hasntTablespace = tablespaces.hasnt

/**
 * `tablespaces_are`: the server has these tablespaces and no others.
 *
 * @example
 * await tap.tablespacesAre(['pg_default', 'pg_global'])
 */
export const tablespacesAre = plainListing(
  'tablespaces',
  'select t.spcname as name from pg_catalog.pg_tablespace as t',
)
