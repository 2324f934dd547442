import type pg from 'pg'
import { z } from 'zod'
import type { Session } from '../engine.ts'

/** Where a running server is found, and what it takes to be let in. Plain data, so that other processes can join. */
export const ServerAddress = z.strictObject({
  /** A host's name, or the folder of a socket that asks nobody for a password. */
  host: z.string(),
  port: z.int(),
  /** The superuser that sets the platform up. */
  admin: z.strictObject({ user: z.string(), password: z.string().optional(), database: z.string() }),
  /** Of the role `postgres`, over TCP. */
  password: z.string(),
  /** Where other programs reach it, over TCP. */
  network: z.strictObject({ host: z.string(), port: z.int() }),
  /** Whether the server is ours alone, so that what is no longer needed may be dropped. */
  ours: z.boolean(),
})
export type ServerAddress = Readonly<z.infer<typeof ServerAddress>>

// `ssl` is named so that a PGSSLMODE in the caller's environment has no say.
const plain = { ssl: false } as const

/** How the driver reaches `database` as the superuser. */
export function asAdmin({ host, port, admin }: ServerAddress, database = admin.database): pg.ClientConfig {
  return { host, port, user: admin.user, database, ...withPassword(admin.password), ...plain }
}

/** How the driver reaches `database` as the role `postgres`. */
export function asPostgres({ host, port, password }: ServerAddress, database: string): pg.ClientConfig {
  return { host, port, user: 'postgres', database, ...withPassword(password), ...plain }
}

/** `database` for other programs, as the role `postgres`. */
export function urlOf({ network: { host, port }, password }: ServerAddress, database: string): string {
  return `postgresql://postgres:${password}@${host}:${port}/${database}`
}

/** Gives the role `postgres` the password it is reached with. The session is the superuser's. */
export async function setPassword(session: Session, { password }: ServerAddress): Promise<void> {
  const [server] = await session.query('select pg_is_in_recovery() as standby')
  // It has the one that its primary was given.
  if (server?.['standby'] === 't') return
  // Of base64url's letters: nothing to quote.
  await session.run(`alter role postgres password '${password}'`)
}

function withPassword(password: string | undefined): pg.ClientConfig {
  return password === undefined ? {} : { password }
}
