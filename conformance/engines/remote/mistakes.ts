/** Why no connection came about, in a sentence that says what to do: the mistakes people make, and how each shows. */
import type { Connection } from '../../connection/index.ts'
import { isLoopback } from '../../connection/index.ts'

/** What the attempt ended with. */
export interface Refusal {
  /** A SQLSTATE, or Node's name for an error of the network or of TLS. Empty when there is neither. */
  readonly code: string
  readonly message: string
  /** Whoever answered does not speak as Postgres does. */
  readonly stranger: boolean
  readonly timeoutMs: number
}

type Words = (connection: Connection, refusal: Refusal) => string
interface Mistake {
  readonly shows: RegExp
  readonly words: Words
}

const RESET = 'it can be reset in the project’s dashboard, under Database'
const IPV6 =
  'the direct host of a Supabase project has an IPv6 address only: where there is no IPv6, use its pooler’s host'

/**
 * Who is meant, unless the name may be a password at the wrong place: then there is none besides it, and it has more in it
 * than small letters.
 */
const who: Words = ({ user, password }) => (password || /^[a-z][a-z_.]*$/.test(user) ? user : 'this user')

const isDirect = ({ host }: Connection) => /^db\..+\.supabase\.co$/i.test(host)

const askForTls = ({ host }: Connection) =>
  isLoopback(host)
    ? 'add sslmode=require to the URL or set PGSSLMODE, and give its authority with --ca FILE'
    : 'leave --plaintext out'

/** The first whose expression fits `code message`. */
const mistakes: readonly Mistake[] = [
  {
    shows: /^ENOTFOUND /,
    words: (connection) =>
      isDirect(connection)
        ? `there is no such host: check the project’s reference, and whether the project is paused; ${IPV6}`
        : 'there is no such host: check its spelling',
  },
  {
    shows: /^EAI_AGAIN /,
    words: () => 'the host’s name cannot be looked up just now: check the network of this machine',
  },
  {
    shows: /^ECONNREFUSED /,
    words: () => 'nothing listens there: check the port, and whether the server runs',
  },
  {
    shows: /^E(NET|HOST)UNREACH /,
    words: (connection) =>
      `there is no way to it from this machine: check the network${isDirect(connection) ? `; ${IPV6}` : ''}`,
  },
  {
    shows: /^ETIMEDOUT |timeout expired/,
    words: (_, { timeoutMs }) =>
      `no answer within ${timeoutMs / 1000} s: check host, port and firewalls, or allow more with --timeout`,
  },
  {
    shows: /does not support SSL connections/,
    words: (connection) =>
      isLoopback(connection.host)
        ? 'the server has no TLS: leave --ca and sslmode out, since what stays on this machine needs none'
        : 'the server has no TLS, and the password is not sent without: switch TLS on there, or add --plaintext if the way to it is safe',
  },
  {
    shows: /^CERT_HAS_EXPIRED /,
    words: () => 'the server’s certificate has expired: renew it there',
  },
  {
    shows: /^CERT_NOT_YET_VALID /,
    words: () => 'the server’s certificate is not valid yet: check the clock of this machine',
  },
  {
    shows: /^ERR_TLS_CERT_ALTNAME_INVALID /,
    words: () =>
      'the server’s certificate is for another host: use the name it is for, and be sure that nobody stands in between',
  },
  {
    shows: /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_(UNTRUSTED|SIGNATURE|REJECTED)/,
    words: () =>
      'nobody who is trusted has signed the server’s certificate: give the authority’s with --ca FILE; Supabase’s is in the project’s dashboard, under Database, SSL',
  },
  {
    shows: /^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+) /,
    words: (_, { code }) =>
      `TLS failed (${code}): check that host and port are those of Postgres and not of a proxy`,
  },
  {
    shows: /SSL (connection )?(is )?required|ESSLREQUIRED/i,
    words: (connection) => `the server lets nobody in without TLS: ${askForTls(connection)}`,
  },
  {
    shows: /^28000 .*no pg_hba\.conf entry.*no encryption/s,
    words: (connection, refusal) =>
      `the server lets ${who(connection, refusal)} not in without TLS, if at all: ${askForTls(connection)}`,
  },
  {
    shows: /client password must be a (non-empty )?string|no password supplied/,
    words: () =>
      'the server asks for a password, and none was found: put it into the URL, into PGPASSWORD or into a password file, for a linked project into SUPABASE_DB_PASSWORD',
  },
  {
    shows: /^28P01 /,
    words: (connection, refusal) =>
      connection.password
        ? `the password of ${who(connection, refusal)} was refused: check it, and that @ : / ? # and % in it are percent-encoded in a URL; on Supabase ${RESET}`
        : 'the password was refused: none was found to send',
  },
  {
    shows: /ECIRCUITBREAKER|circuit breaker|too many authentication (errors|failures)/i,
    words: () => 'the pooler has seen too many wrong passwords: wait some minutes, then check the password',
  },
  {
    shows: /tenant or user not found|ETENANTNOTFOUND|tenant\/user .* not found|no such user/i,
    words: () =>
      'the pooler knows no such project or user: on Supabase the user is postgres.REFERENCE, the host that of the project’s region, and a paused project has to be resumed in the dashboard',
  },
  {
    shows: /EADDRNOTALLOWED|not in tenant allow_list/i,
    words: () =>
      'the project lets nobody in from this address: add it to the network restrictions in its dashboard',
  },
  {
    shows: /EBANNED|tenant is banned/i,
    words: () => 'the project is banned from its pooler: see its dashboard',
  },
  {
    shows: /^28000 .*pg_hba\.conf/s,
    words: (connection, refusal) =>
      `the server lets ${who(connection, refusal)} not in from this machine: it needs a line in pg_hba.conf`,
  },
  {
    shows: /^28000 .*not permitted to log in/s,
    words: (connection, refusal) =>
      `${who(connection, refusal)} may not log in: use a role that may, or \`alter role … login\``,
  },
  {
    shows: /^28000 .*role .* does not exist/s,
    words: (connection, refusal) =>
      `there is no role ${who(connection, refusal)}: check the user name, which is postgres on Supabase`,
  },
  {
    shows: /^3D000 |no such database/,
    words: ({ database }) =>
      `there is no database ${database}: check the name, which is postgres on Supabase`,
  },
  {
    shows: /^42501 .*database/s,
    words: (connection, refusal) =>
      `${who(connection, refusal)} may not connect to database ${connection.database}: \`grant connect on database … to …\``,
  },
  {
    shows: /^53300 |EMAXCLIENT|max client connections|no more connections allowed/,
    words: () => 'the server has no connection left: try again later, or go through its pooler',
  },
  {
    shows: /^57P03 /,
    words: () => 'the server is starting or stopping: try again in a moment',
  },
  {
    shows: /^ECONNRESET |^EPIPE |Connection terminated/,
    words: () =>
      'the connection was closed without a word: check host and port, and on Supabase whether the project is paused',
  },
]

/**
 * Why there is no connection, and what to do. One sentence, in which there is neither the password nor the URL.
 */
export function whyNoConnection(connection: Connection, refusal: Refusal): string {
  const { host, port } = connection
  const place = `Cannot connect to Postgres at ${host}, port ${port}`
  if (refusal.stranger)
    return `${place}: what answers there is no Postgres: check host and port; Postgres is usually at 5432, Supabase’s transaction pooler at 6543.`
  const shown = `${refusal.code} ${refusal.message}`
  const words = mistakes.find(({ shows }) => shows.test(shown))?.words(connection, refusal)
  return `${place}: ${words ?? refusal.message.replace(/\.$/, '')}.`
}
