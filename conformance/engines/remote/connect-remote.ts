import type pg from 'pg'
import { type Connection, connectionOfUrl, Redaction, type Tls } from '../../connection/index.ts'
import { type Session, Unavailable } from '../engine.ts'
import { connectSession } from '../pg-session.ts'
import { attentiveSocket, isPostgres } from './first-bytes.ts'
import { whyNoConnection } from './mistakes.ts'

/** How long a connection may take to come about when nothing else is said. */
const CONNECT_TIMEOUT_MS = 10_000

export interface RemoteOptions {
  /** How long a connection may take to come about. */
  readonly timeoutMs?: number
}

/**
 * Connects to an existing database, and to nothing but it. Throws {@link Unavailable} with one sentence, in which there is no
 * secret, when nobody answers, or the server refuses or does not prove its name.
 */
export async function connectRemote(
  target: string | Connection,
  { timeoutMs = CONNECT_TIMEOUT_MS }: RemoteOptions = {},
): Promise<Session> {
  const connection =
    typeof target === 'string'
      ? await connectionOfUrl(target, 'the database', { variables: process.env })
      : target
  const { host, port, user, password, database, options, tls } = connection
  const { socket, heard } = attentiveSocket()
  const config: pg.ClientConfig = {
    host,
    port,
    user,
    database,
    ssl: sslOf(tls),
    stream: () => socket,
    connectionTimeoutMillis: timeoutMs,
    ...(options === undefined ? {} : { options }),
    ...(password === undefined ? {} : { password }),
  }
  const whyNot = (error: unknown) => {
    // The driver leaves it open when it has nothing to answer the server with, and the process would wait for it.
    socket.destroy()
    const first = heard()
    const stranger = first !== undefined && !isPostgres(first, tls.kind !== 'plain')
    // The driver's own error is not attached: it may hold what was sent.
    const { code, message } = shownBy(error)
    const redaction = new Redaction()
    redaction.learn(password)
    const refusal = { code, message: redaction.clean(message), stranger, timeoutMs }
    return new Unavailable(whyNoConnection(connection, refusal))
  }
  return connectSession(config, { whyNot })
}

function sslOf(tls: Tls): NonNullable<pg.ClientConfig['ssl']> {
  if (tls.kind === 'plain') return false
  if (tls.kind === 'unverified') return { rejectUnauthorized: false }
  // Said, though it is the default: NODE_TLS_REJECT_UNAUTHORIZED would have the last word otherwise.
  return { rejectUnauthorized: true, ca: [...tls.authorities] }
}

/** What an error says of itself. Node reports a host with several addresses as one error that holds the others. */
function shownBy(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const [first] = error instanceof AggregateError ? error.errors : []
  if (first instanceof Error) return shownBy(first)
  return { code: 'code' in error ? String(error.code) : '', message: error.message || error.name }
}
