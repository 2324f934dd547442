import pgpass from 'pgpass'
import type { Connection } from './connection.ts'

/**
 * The password that libpq's password file has for a connection: the file that `PGPASSFILE` of this process's environment
 * names, or `~/.pgpass`. `undefined` when there is none; a file that others may read is passed over with a warning.
 */
export function passwordFromFile(
  connection: Pick<Connection, 'host' | 'port' | 'database' | 'user'>,
): Promise<string | undefined> {
  return new Promise((resolve) => pgpass(connection, resolve))
}
