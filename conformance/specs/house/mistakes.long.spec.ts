/**
 * Each mistake people make has a sentence of its own, which says what to do and holds no secret.
 *
 * Method: one server that refuses in every way a server can, and neighbours that are no Postgres. What only Supabase's pooler
 * says is taken from its sources: no server here can be made to say it.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { type Connection, findConnection } from '../../connection/index.ts'
import { connectRemote, type RunningEngine, type Session, whyNoConnection } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test, verb } from '../../harness/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'

const PASSWORD = 'planted-word'
/** The first line that fits decides. */
const HBA = `local all all trust
hostssl all only_over_tls 127.0.0.1/32 scram-sha-256
host all trusted_but_absent 127.0.0.1/32 trust
host all rejected 127.0.0.1/32 reject
host all postgres,nobody,without_login,without_connections,without_connect 127.0.0.1/32 scram-sha-256
`
let server: RunningEngine
let url: URL
const neighbours: Server[] = []

beforeAll(async () => {
  server = await referenceServer({ settings: { hba_file: '../hba.conf' }, files: { 'hba.conf': HBA } })
  const database = await server.open()
  const closed = await server.open({ holds: 'platform', name: 'closed_to_others' })
  url = new URL(database.url ?? '')
  const session = await database.connect()
  for (const role of ['only_over_tls', 'rejected', 'without_login', 'without_connections', 'without_connect'])
    await session.run(
      `create role ${role} ${role === 'without_login' ? 'nologin' : 'login'} password '${PASSWORD}'`,
    )
  await session.run('alter role without_connections connection limit 0')
  await session.close()
  const owner = await closed.connect()
  await owner.run('revoke connect on database closed_to_others from public')
  await owner.close()
})

afterAll(async () => {
  for (const neighbour of neighbours) neighbour.close()
  await server.stop()
})

/** The reason why there is no connection to this URL. */
async function refusal(to: string, { timeoutMs = 5_000, plaintext = false } = {}): Promise<string> {
  const connection = await findConnection(
    { dbUrl: to, ...(plaintext ? { plaintext } : {}) },
    { variables: {}, folder: '/nowhere' },
  )
  if (!connection) throw new Error('There is no connection for a URL.')
  const reason = await connectRemote(connection, { timeoutMs }).catch((error: Error) => error.message)
  if (typeof reason === 'string') return reason
  await reason.close()
  return 'It was let in.'
}

const ONE_SENTENCE = /^Cannot connect to Postgres at [^ ]+, port \d+: [^\n]+[^.]\.$/

describe('a server that refuses', () => {
  const at = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname' | 'port' | 'hostname'>>) =>
    Object.assign(new URL(url), { password: PASSWORD }, change).href
  test.for([
    ['a wrong password', { password: 'not-it' }, /password of postgres was refused/],
    [
      'a role it does not know, and does not say so',
      { username: 'nobody' },
      /password of nobody was refused/,
    ],
    ['no password', { password: '' }, /asks for a password, and none was found: .* PGPASSWORD/],
    ['a role that is not there', { username: 'trusted_but_absent' }, /there is no role trusted_but_absent/],
    [
      'a role that is not there, without a password',
      { username: 'trusted_but_absent', password: '' },
      /there is no role trusted_but_absent/,
    ],
    ['a role that may not log in', { username: 'without_login' }, /without_login may not log in/],
    ['a role that needs TLS', { username: 'only_over_tls' }, /lets only_over_tls not in without TLS/],
    ['a role by its rules', { username: 'rejected' }, /lets rejected not in .* pg_hba\.conf/],
    ['one connection too many', { username: 'without_connections' }, /no connection left: try again later/],
    [
      'a database that is not there',
      { username: 'without_connect', pathname: '/nowhere' },
      /no database nowhere: check the name/,
    ],
    [
      'a role that may not connect to a database',
      { username: 'without_connect', pathname: '/closed_to_others' },
      /without_connect may not connect to database closed_to_others: `grant connect/,
    ],
    ['at a port nothing listens at', { port: '1' }, /nothing listens there: check the port/],
    [
      'under a name that is not there',
      { hostname: 'nowhere.invalid' },
      /there is no such host|cannot be looked up/,
    ],
  ] as const)('%s', async ([, change, words]) => {
    const said = await refusal(at(change), { plaintext: 'hostname' in change })
    expect(said).toMatch(words)
    expect(said).toMatch(ONE_SENTENCE)
    expect(said).not.toMatch(/planted|not-it/)
  })
})

describe('a neighbour that is no Postgres', () => {
  const kinds: Record<string, () => Server> = {
    'a web server': () => createHttpServer((_, response) => response.end('hello')),
    'a server of SSH': () => createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2p1\r\n')),
    'a server of MySQL': () =>
      createServer((socket) => socket.end(Buffer.from('4a0000000a382e302e333500', 'hex'))),
  }
  for (const [kind, make] of Object.entries(kinds)) {
    test.for(['disable', 'require'])(`${kind} is told apart, sslmode=%s`, async (mode) => {
      const said = await refusal(
        `postgresql://me:${PASSWORD}@127.0.0.1:${await listening(make())}/d?sslmode=${mode}`,
      )
      expect(said).toMatch(/what answers there is no Postgres: check host and port/)
    })
  }

  test('one that says nothing is given up, and one that hangs up is named', async () => {
    const silent = await listening(createServer(() => {}))
    expect(await refusal(`postgresql://me@127.0.0.1:${silent}/d`, { timeoutMs: 300 })).toMatch(
      /no answer within 0\.3 s: .* --timeout/,
    )
    const hangingUp = await listening(createServer((socket) => socket.resetAndDestroy()))
    expect(await refusal(`postgresql://me@127.0.0.1:${hangingUp}/d`)).toMatch(/closed without a word/)
  })
})

async function listening(neighbour: Server): Promise<number> {
  neighbours.push(neighbour)
  neighbour.on('connection', (socket) => socket.on('error', () => {}).unref()).listen(0, '127.0.0.1')
  await once(neighbour, 'listening')
  const address = neighbour.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('what only a pooler or a busy server says', () => {
  const connection: Connection = {
    host: 'db.abcdefghijklmnopqrst.supabase.co',
    port: 5432,
    user: 'postgres',
    password: PASSWORD,
    database: 'postgres',
    tls: { kind: 'plain' },
    source: 'a spec',
  }
  test.for([
    ['XX000', 'Tenant or user not found', /no such project or user: .* postgres\.REFERENCE/],
    ['XX000', '(ENOTFOUND) tenant/user postgres.x not found', /a paused project has to be resumed/],
    ['XX000', '(EMAXCLIENTCONN) max client connections reached, limit: 200', /no connection left/],
    ['XX000', '(EMAXCLIENTSESSION) max clients reached in session mode', /no connection left/],
    ['XX000', '(ESSLREQUIRED) SSL connection is required for user: postgres', /nobody in without TLS/],
    ['XX000', '(EADDRNOTALLOWED) address not in tenant allow_list: {1,2,3,4}', /network restrictions/],
    ['XX000', '(ECIRCUITBREAKER) too many authentication errors', /too many wrong passwords: wait/],
    ['53300', 'remaining connection slots are reserved', /no connection left/],
    ['57P03', 'the database system is starting up', /starting or stopping: try again/],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND', /project is paused; .* IPv6 .* pooler’s host/],
    ['ENETUNREACH', 'connect ENETUNREACH', /no way to it from this machine: .* pooler’s host/],
    ['CERT_NOT_YET_VALID', 'certificate is not yet valid', /check the clock/],
    ['', 'something unheard of.', /: something unheard of\.$/],
  ] as const)('%s %s', ([code, message, words]) => {
    const said = whyNoConnection(connection, { code, message, stranger: false, timeoutMs: 1 })
    expect(said).toMatch(words)
    expect(said).toMatch(ONE_SENTENCE)
  })
})

test('a server that is too old is not judged', async () => {
  const session: Session = await connectRemote(url.href)
  const oldestVersion = 990_000
  await expect(inReadOnlyTransaction(session, async () => 'judged', { oldestVersion })).rejects.toThrow(
    /^Postgres 17\.\d+ is too old to be verified: the migrations need 99 or newer\.$/,
  )
  await session.close()
})

test('PGOPTIONS and their like have no say in a connection that is described', async () => {
  const run = await verb('verify-phase1-migrations', ['--db-url', url.href], {
    ...{ PGOPTIONS: '-c no.such=1 -x', PGREPLICATION: 'database', PGCLIENT_ENCODING: 'nonsense' },
    ...{ PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'require', PGUSER: 'nobody', PGDATABASE: 'nowhere' },
  })
  expect(run).toMatchObject({ exitCode: 0 })
})
