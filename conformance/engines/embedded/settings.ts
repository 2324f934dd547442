/** How a server is used: for a moment, or for data that somebody wants to see again. */
export type Purpose = 'passing' | 'kept'

/** What `postgres` is started with, as command-line arguments. `others` have the last word. */
export function serverSettings(
  port: number,
  purpose: Purpose,
  others: Readonly<Record<string, string>> = {},
): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    max_connections: 200,
    // Kept within the directory, so that a killed server's segments go with it, and within bounds.
    dynamic_shared_memory_type: 'mmap',
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(purpose === 'passing' ? nothingToSurvive : {}),
    ...others,
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

const nothingToSurvive = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // Timings and plans would depend on when it passes by; databases here live for seconds.
  autovacuum: 'off',
}
