import type { Session } from '../engines/index.ts'

/** What psql knows of the server it is connected to, as the variables it keeps it in. */
export async function serverVariables(session: Session): Promise<Record<string, string>> {
  const [row] = await session.query(
    `select current_database() as "DBNAME", current_user as "USER", current_setting('client_encoding') as "ENCODING",
       current_setting('server_version') as "SERVER_VERSION_NAME", current_setting('server_version_num') as "SERVER_VERSION_NUM"`,
  )
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, value ?? '']))
}
