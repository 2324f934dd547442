/**
 * How a connection is protected: by a rule that knows only names, so that all of it can be tried without a network.
 */
import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { findConnection, isLoopback } from '../../connection/index.ts'
import { describe, expect, test } from '../../harness/index.ts'

const protection = async (host: string, sslmode: string, asked: object = {}) => {
  const dbUrl = `postgresql://me:p@${host}/d${sslmode ? `?sslmode=${sslmode}` : ''}`
  const found = await findConnection({ dbUrl, ...asked }, { variables: {}, folder: '/nowhere' })
  return found?.tls.kind
}

describe('what stays on this machine', () => {
  test.for(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '/var/run'])(
    '%s does',
    (host) => {
      expect(isLoopback(host)).toBe(true)
    },
  )

  // Some of them do lead here, on some machines: a name that is not known to stay is treated as one that leaves.
  test.for([
    ...['127.1', '0x7f.1', '2130706433', '0.0.0.0', '::', '128.0.0.1', '10.0.0.1', '::ffff:10.0.0.1'],
    ...[
      'localhost.example.com',
      'localhost.',
      'x.localhost',
      '127.0.0.1.example.com',
      'host.docker.internal',
      '',
    ],
  ])('"%s" is not known to', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

describe('off this machine', () => {
  test.for(['', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'])(
    'sslmode "%s" means: verified',
    async (mode) => {
      expect(await protection('db.example.com', mode)).toBe('verified')
    },
  )

  test.for([
    ['disable', /add --plaintext if you mean it/],
    ['no-verify', /add --insecure-tls if you mean it/],
  ] as const)('sslmode %s is refused without its flag', async ([mode, words]) => {
    await expect(protection('db.example.com', mode)).rejects.toThrow(words)
  })

  test('a flag alone makes it less', async () => {
    expect(await protection('db.example.com', '', { plaintext: true })).toBe('plain')
    expect(await protection('db.example.com', 'disable', { plaintext: true })).toBe('plain')
    expect(await protection('db.example.com', 'require', { insecureTls: true })).toBe('unverified')
    expect(await protection('db.example.com', 'no-verify', { insecureTls: true })).toBe('unverified')
  })

  test.for([
    ['require', { plaintext: true }],
    ['verify-full', { plaintext: true }],
    ['verify-full', { insecureTls: true }],
    ['verify-ca', { insecureTls: true }],
    ['disable', { insecureTls: true }],
  ] as const)('sslmode %s and %o contradict each other', async ([mode, flag]) => {
    await expect(protection('db.example.com', mode, flag)).rejects.toThrow(/contradicts sslmode=/)
  })
})

test('on this machine there is TLS when it is asked for', async () => {
  const modes = ['', 'disable', 'allow', 'prefer', 'no-verify', 'require', 'verify-ca', 'verify-full']
  const kinds = await Promise.all(modes.map((mode) => protection('127.0.0.1', mode)))
  expect(kinds).toEqual([...Array(4).fill('plain'), 'unverified', ...Array(3).fill('verified')])
})

describe('who is trusted', () => {
  const authorities = async (dbUrl: string, asked: object = {}) => {
    const found = await findConnection({ dbUrl, ...asked }, { variables: {}, folder: '/nowhere' })
    return found?.tls.kind === 'verified' ? found.tls.authorities : []
  }

  test('Supabase’s own authorities, for Supabase’s hosts only', async () => {
    const own = (await authorities('postgresql://me:p@db.x.supabase.co/d')).filter(
      (pem) => !rootCertificates.includes(pem),
    )
    expect(
      own.map((pem) => new X509Certificate(pem)).map(({ fingerprint256, ca }) => [fingerprint256, ca]),
    ).toEqual([
      // As dashboards offer it, until 2031, and its successor, as the Supabase CLI has both.
      [
        '80:70:25:AD:50:D4:ED:21:9D:2C:9C:7D:29:9C:00:4F:82:4E:B0:0C:F7:F6:5A:FE:F6:07:D0:7B:72:E6:CA:FA',
        true,
      ],
      [
        '5F:9B:77:95:1A:7A:A1:30:3F:9B:58:EE:A9:BF:A8:9E:35:8C:FD:C1:5F:97:86:FF:10:D4:93:0A:72:2C:9A:E2',
        true,
      ],
    ])
    expect(await authorities('postgresql://me:p@db.supabase.co.example.com/d')).toEqual(rootCertificates)
  })

  test('a file without certificates is refused', async () => {
    await expect(authorities('postgresql://me:p@h/d', { ca: 'package.json' })).rejects.toThrow(
      /holds no certificates/,
    )
    await expect(authorities('postgresql://me:p@h/d', { ca: '/nowhere' })).rejects.toThrow(
      /--ca cannot be read/,
    )
  })
})
