import type pg from 'pg'
import { z } from 'zod'

/** Where a running server is found, and what it takes to be let in. */
export const Place = z.strictObject({
  major: z.literal([15, 16, 17, 18]),
  socketDirectory: z.string(),
  port: z.int(),
  /** Of the role `postgres`, over TCP. Over the socket nobody is asked: its directory is closed to others. */
  password: z.string(),
})
export type Place = Readonly<z.infer<typeof Place>>

/** A major version of PostgreSQL that is installed as a package. */
export type Major = Place['major']

/** How the driver reaches `database` over the socket. */
export function overSocket(
  place: Place,
  user: 'supabase_admin' | 'postgres',
  database: string,
): pg.ClientConfig {
  // `ssl` is named so that a PGSSLMODE in the caller's environment has no say.
  return { host: place.socketDirectory, port: place.port, user, database, ssl: false }
}

/** The same database for other programs, as the role `postgres`. */
export function overNetwork({ password, port }: Place, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`
}
