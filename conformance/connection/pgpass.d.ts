declare module 'pgpass' {
  /** Looks a password up in the file that the environment of this process names, or in `~/.pgpass`. */
  function pgpass(
    connection: { host: string; port: number; database: string; user: string },
    found: (password: string | undefined) => void,
  ): void
  export = pgpass
}
