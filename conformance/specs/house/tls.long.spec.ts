/**
 * A server has to prove its name before it gets the password.
 *
 * Method: servers with certificates that were made a moment ago. `127.1` leads to 127.0.0.1 on every machine, but not by the
 * rule that says what stays on this machine: through it, a server is met as one of another machine is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authority, type Certified, certificateFor } from '../../../fixtures/certificates.ts'
import { findConnection } from '../../connection/index.ts'
import { connectRemote, type RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test, verb } from '../../harness/index.ts'

const HERE = ['localhost', '127.0.0.1', '127.1']
const folder = mkdtempSync(join(tmpdir(), 'tls-spec-'))
const ca = join(folder, 'ca.pem')
const running: RunningEngine[] = []
/** The URL of a database behind each certificate. */
const urls: Record<string, URL> = {}

beforeAll(async () => {
  const ours = await authority('An authority of a spec')
  writeFileSync(ca, ours.certificate)
  const servers = {
    good: await certificateFor(HERE, ours),
    expired: await certificateFor(HERE, ours, { days: -1 }),
    anothers: await certificateFor(['db.example.com', '127.0.0.9'], ours),
  }
  for (const [name, certified] of Object.entries(servers)) urls[name] = await serving(certified)
  urls['without'] = await serving()
})

afterAll(async () => {
  for (const server of running) await server.stop()
  rmSync(folder, { recursive: true })
})

async function serving(certified?: Certified): Promise<URL> {
  const server = await referenceServer(
    certified && {
      settings: { ssl: 'on', ssl_cert_file: '../server.crt', ssl_key_file: '../server.key' },
      files: { 'server.crt': certified.certificate, 'server.key': certified.key },
    },
  )
  running.push(server)
  return new URL((await server.open()).url ?? '')
}

interface Way {
  readonly host?: string
  readonly sslmode?: string
  readonly ca?: string
  readonly insecureTls?: boolean
  readonly plaintext?: boolean
  readonly variables?: Record<string, string>
}

/** Connects, and answers how: `TLSv1.3`, `plain`, or the reason why not. */
async function connecting(server: string, { host, sslmode, variables = {}, ...asked }: Way): Promise<string> {
  const url = new URL(urls[server] ?? '')
  if (host) url.hostname = host
  if (sslmode) url.searchParams.set('sslmode', sslmode)
  const connection = await findConnection({ dbUrl: url.href, ...asked }, { variables, folder })
  if (!connection) throw new Error('There is no connection for a URL.')
  try {
    const session = await connectRemote(connection)
    const [row] = await session.query('select version from pg_stat_ssl where pid = pg_backend_pid()')
    await session.close()
    return row?.['version'] ?? 'plain'
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

describe('a server of another machine', () => {
  const host = '127.1'
  test('is met over TLS when its authority is given', async () => {
    expect(await connecting('good', { host, ca })).toBe('TLSv1.3')
    expect(await connecting('good', { host, variables: { PGSSLROOTCERT: ca } })).toBe('TLSv1.3')
  })

  test.for([
    ['good', {}, /nobody who is trusted has signed .* with --ca FILE/],
    ['good', { sslmode: 'require' }, /nobody who is trusted has signed/],
    ['expired', { ca }, /certificate has expired/],
    ['anothers', { ca }, /certificate is for another host/],
    ['without', {}, /has no TLS, and the password is not sent without: .* --plaintext/],
  ] as const)('is refused: %s, %o', async ([server, way, words]) => {
    expect(await connecting(server, { host, ...way })).toMatch(words)
  })

  test('is taken as it is when a flag says so', async () => {
    expect(await connecting('expired', { host, insecureTls: true })).toBe('TLSv1.3')
    expect(await connecting('without', { host, plaintext: true })).toBe('plain')
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED does not open the door', async () => {
    const url = new URL(urls['good'] ?? '')
    url.hostname = host
    const run = await verb('verify-phase1-migrations', [], {
      DATABASE_URL: url.href,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    })
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/nobody who is trusted has signed/)
  })
})

describe('a server of this machine', () => {
  test.for([
    ['good', {}, 'plain'],
    ['good', { ca }, 'TLSv1.3'],
    ['good', { ca, host: 'localhost' }, 'TLSv1.3'],
    ['good', { sslmode: 'no-verify' }, 'TLSv1.3'],
  ] as const)('is met as it is asked for: %s, %o', async ([server, way, how]) => {
    expect(await connecting(server, way)).toBe(how)
  })

  test.for([
    ['good', { sslmode: 'require' }, /nobody who is trusted has signed/],
    ['anothers', { ca }, /certificate is for another host/],
    ['without', { sslmode: 'require' }, /has no TLS: leave --ca and sslmode out/],
  ] as const)('has to prove its name when it is asked to: %s, %o', async ([server, way, words]) => {
    expect(await connecting(server, way)).toMatch(words)
  })
})

test('the verb passes over verified TLS, and says where it is less', async () => {
  const url = new URL(urls['good'] ?? '')
  url.hostname = '127.1'
  const verified = await verb('verify-phase1-migrations', ['--ca', ca], { DATABASE_URL: url.href })
  expect(verified).toMatchObject({ exitCode: 0 })
  expect(verified.stderr).toMatch(/^The database is from DATABASE_URL\.\n/)
  const plain = await verb('verify-phase1-migrations', ['--plaintext'], { DATABASE_URL: url.href })
  expect(plain).toMatchObject({ exitCode: 0, stdout: verified.stdout })
  expect(plain.stderr).toMatch(/^The database is from DATABASE_URL, and everything is sent unprotected\.\n/)
})
