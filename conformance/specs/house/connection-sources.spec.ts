/**
 * Which database is meant: where it may be named, what wins, and what is refused rather than guessed.
 *
 * Method: folders of the test's own with the files people have; nothing is connected to.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Asked, findConnection, ignoredSources, type Variables } from '../../connection/index.ts'
import { afterAll, describe, expect, test } from '../../harness/index.ts'

const REFERENCE = 'abcdefghijklmnopqrst'
const POOLER = `postgresql://postgres.${REFERENCE}@aws-0-eu-central-1.pooler.supabase.com:5432/postgres`
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** A folder with these files. */
function folderOf(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'connection-sources-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
  return folder
}

const find = (asked: Asked, variables: Variables = {}, files: Record<string, string> = {}) =>
  findConnection(asked, { variables, folder: folderOf(files) })
const linked = { 'supabase/.temp/project-ref': `${REFERENCE}\n`, 'supabase/.temp/pooler-url': `${POOLER}\n` }
const everything = {
  '.env': 'DATABASE_URL=postgresql://a@from-env/d',
  '.env.local': 'DATABASE_URL=postgresql://a@from-env-local/d',
  ...linked,
}

describe('what wins', () => {
  const PG = { PGHOST: 'from-pghost', PGUSER: 'u' }
  const URL = { DATABASE_URL: 'postgresql://a@from-database-url/d' }
  test.for([
    ['--db-url', { dbUrl: 'postgresql://a@from-option/d' }, { ...URL, ...PG }, everything, 'from-option'],
    ['--linked', { linked: true }, { ...URL, ...PG }, everything, 'aws-0-eu-central-1.pooler.supabase.com'],
    ['DATABASE_URL', {}, { ...URL, ...PG }, everything, 'from-database-url'],
    [
      'DATABASE_URL, also with --existing',
      { existing: true },
      { ...URL, ...PG },
      everything,
      'from-database-url',
    ],
    ['PGHOST with --existing', { existing: true }, PG, everything, 'from-pghost'],
    ['.env.local before .env', { existing: true }, {}, everything, 'from-env-local'],
    ['.env', { existing: true }, {}, { ...everything, '.env.local': 'OTHER=1' }, 'from-env'],
    ['the linked project', { existing: true }, {}, linked, 'aws-0-eu-central-1.pooler.supabase.com'],
  ] as const)('%s', async ([, asked, variables, files, host]) => {
    expect((await find(asked, variables, files))?.host).toBe(host)
  })

  test('the file of --env-file, also with a byte order mark', async () => {
    const envFile = join(folderOf({ 'x.env': '\uFEFFDATABASE_URL=postgresql://a@marked/d\n' }), 'x.env')
    expect(await find({ envFile })).toMatchObject({ host: 'marked' })
  })

  test('the file of --env-file, and not what lies about', async () => {
    const envFile = join(folderOf({ 'prod.env': 'PGHOST=from-file\nPGUSER=reader\n' }), 'prod.env')
    const found = await find({ envFile }, { DATABASE_URL: 'postgresql://a@other/d' }, everything)
    expect(found).toMatchObject({
      host: 'from-file',
      user: 'reader',
      source: 'the PG* variables in the file of --env-file',
    })
  })

  test('what lies about counts with --existing only, and is named otherwise', async () => {
    const around = { variables: { PGHOST: 'h' }, folder: folderOf(everything) }
    expect(await findConnection({}, around)).toBe(undefined)
    expect(ignoredSources(around)).toEqual([
      'PGHOST',
      'what stands in .env.local and .env',
      'the linked project',
    ])
  })
})

test('a file that nobody asked for and that cannot be read stops nobody', async () => {
  const folder = folderOf({ '.env/is-a-folder': '' })
  expect(ignoredSources({ variables: {}, folder })).toEqual(['an .env file that cannot be read'])
  await expect(findConnection({ existing: true }, { variables: {}, folder })).rejects.toThrow(
    /^\.env cannot be read: /,
  )
})

describe('a URL', () => {
  test.for([
    [
      'postgresql://me:pa%40ss@h:6543/d',
      { host: 'h', port: 6543, user: 'me', password: 'pa@ss', database: 'd' },
    ],
    ['postgres://me:p@[2001:db8::1]/d', { host: '2001:db8::1', port: 5432, password: 'p' }],
    ['postgresql://me@%2Fvar%2Frun/d', { host: '/var/run', user: 'me', tls: { kind: 'plain' } }],
    ['postgresql://h/?user=me&password=p%26q&dbname=d', { user: 'me', password: 'p&q', database: 'd' }],
    ['postgresql://me:p@h', { database: 'me' }],
    ['postgresql://me:p@h/d?options=reference%3Dx&pgbouncer=true', { options: 'reference=x' }],
  ] as const)('%s', async ([dbUrl, wanted]) => {
    expect(await find({ dbUrl })).toMatchObject(wanted)
  })

  test.for([
    ['mysql://me:plantedword@h/d', /is not of the form/],
    ['postgresql://me:planted/word@h/d', /percent-encoded/],
    ['postgresql://me:12/plantedword@h/d', /percent-encoded/],
    ['postgresql://me:12#plantedword@h/d', /percent-encoded/],
    ['postgresql://me:12?plantedword@h/d', /parameter that is not known here; known are host, port/],
    ['postgresql://me:planted%zzword@h/d', /percent-encoded/],
    ['postgresql://me%3Aplantedword@h/d', /colon in its user name/],
    ['postgresql://me:p@h/d?sslmode=plantedword', /unknown sslmode; known are disable, allow/],
    ['postgresql://me:p@h/d?sslmod=plantedword', /parameter that is not known/],
    ['postgresql://me:p@h/d?port=plantedword', /from 1 to 65535/],
    ['postgresql://me:p@/d', /cannot be read|names no host/],
    ['postgresql://me:p@h1,h2/d', /several hosts/],
  ] as const)('%s is refused without a word of it', async ([dbUrl, words]) => {
    const error = await find({ dbUrl }).catch((thrown: Error) => thrown.message)
    expect(error).toMatch(words)
    expect(error).toMatch(/^The (URL|port) of --db-url .*\.$/)
    expect(error).not.toMatch(/planted|word@/)
  })
})

describe('variables', () => {
  test('all of libpq’s that lead to a database are followed', async () => {
    const variables = {
      ...{ PGHOST: '127.0.0.1', PGPORT: '6000', PGUSER: 'me', PGPASSWORD: 'p', PGDATABASE: 'd' },
      PGSSLMODE: 'require',
    }
    expect(await find({ existing: true }, variables)).toMatchObject({
      ...{ host: '127.0.0.1', port: 6000, user: 'me', password: 'p', database: 'd' },
      tls: { kind: 'verified' },
      source: 'the PG* variables of the environment',
    })
  })

  test.for([
    ['PGSERVICE', 'prod', /PGSERVICE of .* cannot be followed/],
    ['PGHOSTADDR', '10.0.0.1', /PGHOSTADDR of .* cannot be followed/],
    ['PGPORT', 'five', /from 1 to 65535/],
    ['PGSSLMODE', 'always', /known are disable/],
  ] as const)('%s is refused rather than passed over', async ([name, value, words]) => {
    await expect(find({ existing: true }, { PGHOST: 'h', [name]: value })).rejects.toThrow(words)
  })

  test('PGSSLMODE that happens to be set does not weaken a URL', async () => {
    expect(await find({ dbUrl: 'postgresql://me@h/d' }, { PGSSLMODE: 'disable' })).toMatchObject({
      tls: { kind: 'verified' },
    })
  })

  test('a password that a URL lacks is PGPASSWORD', async () => {
    expect(await find({ dbUrl: 'postgresql://me@h/d' }, { PGPASSWORD: 'p' })).toMatchObject({ password: 'p' })
  })

  test('a password that is nowhere else comes from the password file', async () => {
    const file = join(folderOf({ passwords: 'elsewhere:*:*:*:no\nh:5432:d:me:with\\:colon\n' }), 'passwords')
    const before = process.env['PGPASSFILE']
    process.env['PGPASSFILE'] = file
    try {
      expect(await find({ dbUrl: 'postgresql://me@h/d' })).toMatchObject({ password: 'with:colon' })
      expect(await find({ dbUrl: 'postgresql://me@other/d' })).not.toHaveProperty('password')
    } finally {
      if (before === undefined) delete process.env['PGPASSFILE']
      else process.env['PGPASSFILE'] = before
    }
  })

  test('what an .env file says is not put into the environment', async () => {
    await find({ existing: true }, {}, { '.env': 'PGHOST=h\nPLANTED_BY_SPEC=1\n' })
    expect(process.env).not.toHaveProperty('PLANTED_BY_SPEC')
  })
})

describe('a linked project', () => {
  test('is reached through its pooler; the password may be in an .env file', async () => {
    const wanted = { user: `postgres.${REFERENCE}`, port: 5432, database: 'postgres', password: 'p' }
    expect(await find({ linked: true }, { SUPABASE_DB_PASSWORD: 'p' }, linked)).toMatchObject(wanted)
    const fromFile = await find({ linked: true }, {}, { ...linked, '.env': 'SUPABASE_DB_PASSWORD=p' })
    expect(fromFile).toMatchObject({ ...wanted, source: 'the linked Supabase project' })
  })

  test('is reached directly where the CLI knows no pooler', async () => {
    const files = { 'supabase/.temp/project-ref': REFERENCE }
    expect(await find({ linked: true }, {}, files)).toMatchObject({
      host: `db.${REFERENCE}.supabase.co`,
      user: 'postgres',
      tls: { kind: 'verified' },
    })
  })

  test.for([
    ['another project', POOLER.replace(REFERENCE, 'zzzzzzzzzzzzzzzzzzzz')],
    ['another host', POOLER.replace('supabase.com', 'example.com')],
  ] as const)('whose pooler is that of %s gets no password', async ([, url]) => {
    const files = { ...linked, 'supabase/.temp/pooler-url': url }
    await expect(find({ linked: true }, { SUPABASE_DB_PASSWORD: 'p' }, files)).rejects.toThrow(
      /does not lead to the linked project/,
    )
  })
})

describe('nothing is found', () => {
  test.for([
    ['no project is linked', { linked: true }, /No Supabase project is linked/],
    ['nothing lies about', { existing: true }, /There is no database for --existing/],
    ['the file is not there', { envFile: '/nowhere/.env' }, /--env-file cannot be read/],
  ] as const)('%s', async ([, asked, words]) => {
    await expect(find(asked)).rejects.toThrow(words)
  })

  test('DATABASE_URL is there, and empty', async () => {
    await expect(find({}, { DATABASE_URL: '' })).rejects.toThrow(/set and empty: .* or unset it/)
    const [url, host] = ['postgresql://a@given/d', 'given']
    expect(await find({ dbUrl: url }, { DATABASE_URL: '' })).toMatchObject({ host })
  })

  test('the file is in UTF-16', async () => {
    const envFile = join(folderOf(), 'x.env')
    writeFileSync(envFile, Buffer.from('\uFEFFDATABASE_URL=postgresql://a@h/d\n', 'utf16le'))
    await expect(find({ envFile })).rejects.toThrow(/is in UTF-16, or no text: save it as UTF-8/)
  })

  test('the file names no database', async () => {
    const envFile = join(folderOf({ 'x.env': 'A=1' }), 'x.env')
    await expect(find({ envFile })).rejects.toThrow(/names a database: expected DATABASE_URL, or PGHOST/)
  })
})
