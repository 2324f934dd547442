/** How a connection to an existing database is protected on its way. */
export type Tls =
  /** Not at all: only where it does not leave this machine, or where somebody has said so. */
  | { readonly kind: 'plain' }
  /** Encrypted, but nobody has checked with whom. */
  | { readonly kind: 'unverified' }
  /** The server has proved its name by a certificate of one of these authorities: PEM texts. */
  | { readonly kind: 'verified'; readonly authorities: readonly string[] }

/** An existing database, and what it takes to be let in: one description, wherever it was found. */
export interface Connection {
  /** A host's name or address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** Absent when none was found: some servers ask for none. */
  readonly password?: string
  readonly database: string
  /** What the server or its pooler is told besides, as in libpq's `options`. */
  readonly options?: string
  readonly tls: Tls
  /** Where it was found, in words that hold nothing of it. */
  readonly source: string
}

/** What a source says of a database; the rest is looked for elsewhere, or has a default. */
export interface Target {
  readonly host: string
  readonly port?: number
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly options?: string
  readonly sslmode?: SslMode
  /** A file of certificate authorities, or `system`. */
  readonly sslrootcert?: string
  readonly source: string
}

/** libpq's words for how much protection is asked for, and node-postgres' `no-verify`. */
export const SSL_MODES = [
  'disable',
  'allow',
  'prefer',
  'require',
  'no-verify',
  'verify-ca',
  'verify-full',
] as const
export type SslMode = (typeof SSL_MODES)[number]

/** Variables, such as a process's environment or an `.env` file. */
export type Variables = Readonly<Record<string, string | undefined>>
