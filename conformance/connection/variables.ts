import { z } from 'zod'
import { SSL_MODES, type Target, type Variables } from './connection.ts'
import { given, parseDatabaseUrl, portOf } from './database-url.ts'

/** Variables of libpq that lead somewhere else, and that nothing here follows: left aside, they would mislead. */
const NOT_FOLLOWED = ['PGSERVICE', 'PGSERVICEFILE', 'PGHOSTADDR', 'PGSSLCERT', 'PGSSLKEY'] as const

/**
 * The database that `variables` name: by `DATABASE_URL`, or else by `PGHOST` and the other variables of libpq; `undefined`
 * when by neither. `place` says in words where they stand. Throws an error of one sentence when they cannot be followed.
 */
export function fromVariables(variables: Variables, place: string): Target | undefined {
  const { DATABASE_URL: url, PGHOST: host } = variables
  if (url) return parseDatabaseUrl(url, `DATABASE_URL ${place}`)
  return host ? fromLibpq(host, variables, `the PG* variables ${place}`) : undefined
}

function fromLibpq(host: string, variables: Variables, source: string): Target {
  const strange = NOT_FOLLOWED.filter((name) => variables[name])
  if (strange.length > 0)
    throw new Error(
      `${strange.join(' and ')} of ${source} cannot be followed: set PGHOST, PGPORT, PGUSER and PGDATABASE instead, and unset it.`,
    )
  const mode = z.enum(SSL_MODES).optional()
  const sslmode = mode.safeParse(variables['PGSSLMODE'] || undefined)
  if (!sslmode.success)
    throw new Error(`PGSSLMODE of ${source} is unknown; known are ${SSL_MODES.join(', ')}.`)
  return {
    host,
    source,
    ...given('port', portOf(variables['PGPORT'], source)),
    ...given('user', variables['PGUSER']),
    ...given('password', variables['PGPASSWORD']),
    ...given('database', variables['PGDATABASE']),
    ...given('options', variables['PGOPTIONS']),
    ...given('sslmode', sslmode.data),
    ...given('sslrootcert', variables['PGSSLROOTCERT']),
  }
}
