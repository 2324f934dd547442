/** Which database is meant: shown before anything is done to it, and bound into a plan. */
import { z } from 'zod'
import type { Connection } from '../../connection/index.ts'
import type { Session } from '../../engines/index.ts'

/** A database, as a person would recognise it. Holds no secret. */
export const IdentitySchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  database: z.string().min(1),
  /** The reference of a Supabase project, where host or user show it. */
  project: z.string().min(1).exactOptional(),
  /** The database's oid: another one of the same name at the same place is another one. */
  oid: z.string().regex(/^\d+$/),
})

/** See {@link IdentitySchema}. */
export type Identity = Readonly<z.infer<typeof IdentitySchema>>

/** The database that a session has opened by a connection. */
export async function identityOf(session: Session, { host, port, user }: Connection): Promise<Identity> {
  const [row] = await session.query(
    `select d.datname as database, d.oid::text as oid from pg_catalog.pg_database as d where d.datname = current_database()`,
  )
  const project = projectOf(host, user)
  return {
    host,
    port,
    database: row?.['database'] ?? '',
    ...(project ? { project } : {}),
    oid: row?.['oid'] ?? '',
  }
}

/** What a person calls it, and types to confirm: the project's reference, else the database's name. */
export function nameOf({ project, database }: Identity): string {
  return project ?? database
}

/** A database in a few words: `database postgres at db.example.com, port 5432`. */
export function placeOf({ host, port, database, project }: Identity): string {
  return `${project ? `project ${project}, ` : ''}database ${database} at ${host}, port ${port}`
}

function projectOf(host: string, user: string): string | undefined {
  const direct = /^db\.([a-z0-9]{20})\.supabase\.(?:co|com)$/i.exec(host)?.[1]
  if (direct) return direct
  return /\.pooler\.supabase\.com$/i.test(host) ? /\.([a-z0-9]{20})$/i.exec(user)?.[1] : undefined
}
