/** A session over node-postgres: every value as the server's text, every failure as one of the contract's two errors. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as pg from 'pg'
import { type Answer, type Notice, type Row, type Session, SqlError, Unavailable } from './engine.ts'
import { splitStatements } from './statements.ts'
import { asText } from './value.ts'

const asPrinted: pg.CustomTypesConfig = { getTypeParser: () => (value: string | Buffer) => value }
const connectTimeoutMs = 10_000

/** What goes before a full stop. Node reports a host with several addresses as an error without a message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return (error.message || ('code' in error ? String(error.code) : error.name)).replace(/\.$/, '')
}

/** The contract's error for what the driver threw. `lost` is why the connection ended, when that is known. */
function translated(driver: typeof pg, error: unknown, lost: Error | undefined): Error {
  if (error instanceof driver.DatabaseError && error.code !== undefined) {
    return new SqlError(error.message, error.code, error)
  }
  return new Unavailable(`The connection to Postgres is closed: ${reasonOf(lost ?? error)}.`)
}

/** Why no connection came about. The driver's own error is not attached: it may hold the URL. */
function unreachable({ host, port, password }: pg.Client, error: unknown): Unavailable {
  const reason = password ? reasonOf(error).replaceAll(password, '***') : reasonOf(error)
  return new Unavailable(`Cannot connect to Postgres at ${host}, port ${port}: ${reason}.`)
}

/** A client that goes by `config` alone: the driver would take what is not in it from PG* variables. */
function newClient(driver: typeof pg, config: pg.ClientConfig): pg.Client {
  const client = new driver.Client({
    connectionTimeoutMillis: connectTimeoutMs,
    client_encoding: 'UTF8',
    sslnegotiation: 'postgres',
    ...config,
    types: asPrinted,
  })
  if (!('connectionParameters' in client) || typeof client.connectionParameters !== 'object')
    throw new Error('This version of the driver keeps the parameters of a connection elsewhere.')
  Object.assign(client.connectionParameters ?? {}, { options: config.options, replication: undefined })
  return client
}

/** The name under which the server keeps the plan of a statement: the same for the same text. */
function planName(text: string): string {
  return `lookup_${createHash('md5').update(text).digest('hex')}`
}

/** What may end or begin a transaction. */
const boundary = /^(begin|start|commit|end|rollback|abort|prepare)\b/i

/**
 * What to send of a script, one after the other. Each statement by itself, as together they would be one transaction; where one
 * is open already they are in any case, and go at once, for a round trip takes as long as many a statement.
 */
function parts(script: string, client: pg.Client): readonly string[] {
  const statements = splitStatements(script)
  const together = client.getTransactionStatus() === 'T' && !statements.some((each) => boundary.test(each))
  return together && statements.length > 1 ? [statements.join(';\n')] : statements
}

interface ConnectOptions {
  /** Puts the reason into words when no connection comes about, where the usual ones do not do. */
  readonly whyNot?: (error: unknown) => Unavailable
  /** Whether the connection has one process of the server to itself, so that it finds again what it has prepared. */
  readonly keepsPlans?: boolean
}

/**
 * Opens a session. Throws {@link Unavailable} with the reason, but not the password, when it cannot.
 * A connection that is lost later ends no process: the next statement throws {@link Unavailable}.
 */
export async function connectSession(
  config: pg.ClientConfig,
  { whyNot, keepsPlans = false }: ConnectOptions = {},
): Promise<Session> {
  // Loaded here, so that nobody waits for a driver who needs none.
  const driver = await import('pg')
  const client = newClient(driver, config)
  let lost: Error | undefined
  client.on('error', (error) => {
    lost ??= error
  })
  await client.connect().catch((error: unknown) => {
    throw whyNot ? whyNot(error) : unreachable(client, error)
  })
  // Extended, also without values: the server then refuses a second statement instead of running it unseen.
  const ask = (text: string, queryMode: 'extended' | 'simple', values: readonly unknown[] = []) => ({
    text,
    values: values.map(asText),
    queryMode,
  })
  const answered = <Result>(answering: Promise<Result>): Promise<Result> =>
    answering.catch((error: unknown) => {
      throw translated(driver, error, lost)
    })
  const query: Session['query'] = async (text, values) =>
    (await answered(client.query<Row>(ask(text, 'extended', values)))).rows
  return {
    query,
    async lookUp(text, values) {
      if (!keepsPlans) return query(text, values)
      const named = { ...ask(text, 'extended', values), name: planName(text) }
      return (await answered(client.query<Row>(named))).rows
    },
    async answer(text, values): Promise<Answer> {
      const asked = { ...ask(text, 'extended', values), rowMode: 'array' as const }
      const { fields, rows } = await answered(client.query<(string | null)[]>(asked))
      return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows }
    },
    async run(script) {
      for (const part of parts(script, client)) await answered(client.query(ask(part, 'simple')))
    },
    async copyIn(statement, chunks) {
      const { from: copyFrom } = await import('pg-copy-streams')
      await answered(pipeline(Readable.from(chunks), client.query(copyFrom(statement))))
    },
    async copyOut(statement) {
      const { to: copyTo } = await import('pg-copy-streams')
      const chunks: Buffer[] = []
      const collect = async () => {
        for await (const chunk of client.query(copyTo(statement))) chunks.push(chunk)
      }
      await answered(collect())
      return Buffer.concat(chunks).toString('utf8')
    },
    onNotice(listener: (notice: Notice) => void) {
      const pass = ({ severity, message, detail, hint }: Partial<Record<keyof Notice, string | undefined>>) =>
        listener({ severity: severity ?? 'NOTICE', message: message ?? '', detail, hint })
      client.on('notice', pass)
      return () => client.off('notice', pass)
    },
    close: () => client.end(),
  }
}

/** Does `work` in a connection of its own. */
export async function during<T>(
  connecting: Promise<Session>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connecting
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}
