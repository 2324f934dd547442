import { type Session, Unavailable } from '../engine.ts'
import { connectSession } from '../pg-session.ts'

/** How long a connection may take to come about. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects to an existing database, and to nothing but it. The URL is a secret: it is in no message. Throws
 * {@link Unavailable} with one sentence when the URL is none, or nobody answers, or the server refuses.
 */
export async function connectRemote(url: string): Promise<Session> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Unavailable(
      'The database URL is not of the form postgresql://user:password@host:port/database.',
    )
  }
  return connectSession({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'phase1-verification',
  })
}
