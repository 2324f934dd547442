import { z } from 'zod'
import { SSL_MODES, type Target } from './connection.ts'

/** Parameters of a URL that change where it leads or how it is protected. */
const Meant = z.object({
  host: z.string(),
  port: z.string(),
  user: z.string(),
  password: z.string(),
  dbname: z.string(),
  options: z.string(),
  sslmode: z.enum(SSL_MODES),
  sslrootcert: z.string(),
})

/** Parameters that other programs put there; they neither lead elsewhere nor ask for more protection. */
const PASSED_OVER: readonly string[] = [
  ...['application_name', 'fallback_application_name', 'client_encoding', 'connect_timeout', 'gssencmode'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'target_session_attrs'],
  ...['pgbouncer', 'connection_limit', 'pool_timeout', 'schema', 'statement_cache_size', 'supa'],
]

const KNOWN = Object.keys(Meant.shape)
/** What a URL looks like, as people are told. */
export const FORM = 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE'
const ENCODED =
  'in a user name or password, characters such as @ : / ? # and % have to be percent-encoded (%40 %3A %2F %3F %23 %25)'

/**
 * Reads a URL as libpq does. `source` says in words where it was found. Throws an error of one sentence when it is none;
 * nothing of the URL is in it, since any part may be a password at the wrong place.
 */
export function parseDatabaseUrl(text: string, source: string): Target {
  const refuse = (why: string): never => {
    throw new Error(`The URL of ${source} ${why}.`)
  }
  if (!/^postgres(ql)?:\/\//.test(text)) refuse(`is not of the form ${FORM}`)
  if (!URL.canParse(text)) refuse(`cannot be read: it is not of the form ${FORM}, where ${ENCODED}`)
  const url = new URL(text)
  // What a password that is not encoded leaves behind it.
  if (url.hash || /[@:]/.test(url.pathname) || url.pathname.split('/').length > 2)
    refuse(`cannot be read: ${ENCODED}`)
  const { host, port, user, password, dbname, sslmode, ...others } = parametersOf(url, refuse)
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part)
    } catch {
      return refuse(`cannot be read: ${ENCODED}`)
    }
  }
  const name = user ?? decoded(url.username)
  if (name.includes(':'))
    refuse(
      `has a colon in its user name: write USER:PASSWORD@HOST, with the colon between the two not encoded`,
    )
  const target = host ?? decoded(url.hostname).replace(/^\[(.+)\]$/, '$1')
  if (target === '') refuse('names no host')
  if (target.includes(',')) refuse('names several hosts: give the one that is to be verified')
  return {
    host: target,
    source,
    ...given('port', portOf(port ?? url.port, source)),
    ...given('user', name),
    ...given('password', password ?? decoded(url.password)),
    ...given('database', dbname ?? decoded(url.pathname.slice(1))),
    ...given('sslmode', sslmode),
    ...given('options', others.options),
    ...given('sslrootcert', others.sslrootcert),
  }
}

/** The port that `text` says, or `undefined` when it says nothing. Throws when it is none. */
export function portOf(text: string | undefined, source: string): number | undefined {
  if (!text) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`The port of ${source} is none: expected a whole number from 1 to 65535.`)
}

/** `{ [key]: value }`, or nothing when there is no value or an empty one: an absent property is not an undefined one. */
export function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Exclude<Value, undefined> } {
  return (value === undefined || value === '' ? {} : { [key]: value }) as {
    [K in Key]?: Exclude<Value, undefined>
  }
}

function parametersOf(url: URL, refuse: (why: string) => never) {
  const entries = [...url.searchParams].filter(([key]) => !PASSED_OVER.includes(key))
  if (entries.some(([key]) => !KNOWN.includes(key)))
    return refuse(`has a parameter that is not known here; known are ${KNOWN.join(', ')}`)
  const read = Meant.partial().safeParse(Object.fromEntries(entries))
  return read.success ? read.data : refuse(`has an unknown sslmode; known are ${SSL_MODES.join(', ')}`)
}
