/** What `postgres` is started with, as command-line arguments. `others` have the last word. */
export function serverSettings(port: number, others: Readonly<Record<string, string>> = {}): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    max_connections: 200,
    // Nothing here has to survive a crash.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    // Kept within the directory, so that a killed server's segments go with it, and within bounds.
    dynamic_shared_memory_type: 'mmap',
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    // Timings and plans would depend on when it passes by; databases here live for seconds.
    autovacuum: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...others,
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
