/**
 * A password reaches no output, error or report of any verb, whichever way it was given and however the run ends.
 *
 * Method: a server whose password holds every character that is written otherwise somewhere (in URLs, JSON, XML, shells), and
 * a word by which any part of it would be found.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { Redaction, redactionOf, shownArguments } from '../../connection/index.ts'
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test, verb } from '../../harness/index.ts'

const PLANTED = 'plantedword'
const PASSWORD = `a:/?#[]@!$&'()*+,;=%41"<>\\é ${PLANTED}`
const folder = mkdtempSync(join(tmpdir(), 'secrets-spec-'))
const verbs = Object.values(
  z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))).scripts,
).flatMap((script) => /^node --import tsx -- scripts\/([\w-]+)\.ts$/.exec(script)?.[1] ?? [])

let server: RunningEngine
/** Of a database that holds everything, and of one that holds nothing of it. */
let whole: URL
let empty: URL

beforeAll(async () => {
  server = await referenceServer()
  const database = await server.open()
  const session = await database.connect()
  await session.run(`alter role postgres password '${PASSWORD.replaceAll("'", "''")}'`)
  await session.close()
  whole = withPassword(new URL(database.url ?? ''))
  empty = withPassword(new URL((await server.open({ holds: 'platform' })).url ?? ''))
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

function withPassword(url: URL): URL {
  // What the setter of URL leaves as it is has to be encoded, too.
  return new URL(url.href.replace(/:[^:@]*@/, `:${encodeURIComponent(PASSWORD)}@`))
}

const verify = (args: readonly string[], env: Record<string, string> = {}) =>
  verb('verify-phase1-migrations', args, env)

describe('verify:phase1', () => {
  const cases: Record<string, [exitCode: number, run: () => ReturnType<typeof verb>]> = {
    'of a run that passes, and reports the command': [
      0,
      async () => {
        const reports = join(folder, 'verified')
        const run = await verify(['--db-url', whole.href, '--json', '--report', reports])
        const texts = readdirSync(reports).map((file) => readFileSync(join(reports, file), 'utf8'))
        expect(texts.join()).toContain(`postgresql://postgres:***@${whole.host}`)
        return { ...run, stdout: run.stdout + texts.join() }
      },
    ],
    'in a file, of a run that fails': [
      1,
      () => {
        writeFileSync(join(folder, '.env'), `DATABASE_URL='${empty.href.replaceAll("'", '%27')}'\n`)
        return verify(['--env-file', join(folder, '.env')])
      },
    ],
    'where it is refused': [
      2,
      () => verify([], { DATABASE_URL: whole.href.replace('postgres:', 'nobody:') }),
    ],
    'as it is, not encoded': [2, () => verify(['--db-url', `postgresql://postgres:${PASSWORD}@localhost/d`])],
    'as the user name': [2, () => verify(['--db-url', `postgresql://${PLANTED}@${whole.host}/d`])],
    'of an error that nobody foresaw': [
      2,
      () => {
        const thrower = `const t=setInterval(()=>{if(process.listenerCount('uncaughtException')){clearInterval(t);throw new Error(process.env.DATABASE_URL+process.env.PGPASSWORD)}},1)`
        return verify([], {
          DATABASE_URL: whole.href,
          PGPASSWORD: PASSWORD,
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(thrower)}`,
        })
      },
    ],
  }
  for (const [how, [exitCode, run]] of Object.entries(cases)) {
    test(`keeps a password to itself: ${how}`, async () => {
      const { stdout, stderr, ...ended } = await run()
      expect(stdout + stderr).not.toContain(PLANTED)
      expect({ ...ended, stderr }).toMatchObject({ exitCode })
      expect(stderr.split('\n').some((line) => line.startsWith('    at '))).toBe(false)
    })
  }
})

/** What people write who mean a URL of Postgres. */
const MISTYPED = [
  `mysql://u:${PLANTED}%40x@h/db`,
  `postgresql+asyncpg://u:${PLANTED}@h/db`,
  `u:${PLANTED}@127.0.0.1:5432/db`,
  `postgres:/u:${PLANTED}@h/db`,
  `host=h user=u password=${PLANTED}`,
  ` postgres://u:${PLANTED}/x@h/db`,
  `postgres://u@h/db?sslpassword=${PLANTED}`,
]

test.for([['--db-url', `${MISTYPED[0]}`], [`--db-url=${MISTYPED[4]}`], [`--dburl=${MISTYPED[0]}`]])(
  'mistyped URL %# reaches no report',
  async (args, { task }) => {
    const reports = join(folder, task.id)
    const { exitCode, stdout, stderr } = await verify([...args, '--json', '--report', reports])
    const files = existsSync(reports) ? readdirSync(reports) : []
    const texts = files.map((file) => readFileSync(join(reports, file), 'utf8'))
    for (const text of [stdout, stderr, ...texts]) expect(text).not.toContain(PLANTED)
    expect(exitCode).toBe(2)
    // The hint is the tool's own, and no secret.
    if (args[0] === '--db-url') expect(stdout).toMatch(/USER:PASSWORD@HOST|is not known here/)
  },
)

test('a URL that cannot be read is shown by no command', () => {
  for (const url of MISTYPED) {
    expect(shownArguments(['--db-url', url])).toEqual(['--db-url', '***'])
    expect(redactionOf([], { DATABASE_URL: url }).clean(`got ${url}`)).not.toContain(PLANTED)
  }
  expect(shownArguments(['--db-url=postgresql://u:p@h/d?password=q', 'x'])).toEqual([
    '--db-url=postgresql://u:***@h/d?password=***',
    'x',
  ])
})

test('npm test keeps the password of a remote database out of its reports', async () => {
  const { exitCode, stdout, stderr } = await verb(
    'test',
    ['--engine', 'remote', '--report', join(folder, 'reports'), 'calculations/calculate-llm-cost.spec'],
    { CONFORMANCE_REMOTE_URL: whole.href },
  )
  expect(exitCode).toBe(0)
  const files = readdirSync(join(folder, 'reports'))
  expect(files.length).toBeGreaterThan(5)
  const texts = files.map((file) => readFileSync(join(folder, 'reports', file), 'utf8'))
  for (const text of [stdout, stderr, ...texts]) expect(text).not.toContain(PLANTED)
})

/** Runs that reach the database, or do not; and runs of verbs that need none, with a URL left around them. */
const runs: readonly (readonly [
  verb: string,
  args: readonly string[],
  exitCode: number,
  refused?: boolean,
])[] = [
  ['agreement', ['--engine', 'remote'], 0],
  ['agreement', ['--engine', 'remote'], 2, true],
  ['test', ['--engine', 'remote', 'calculations/calculate-llm-cost.spec'], 2, true],
  ['schema', ['--check'], 0],
  ['examples', ['--check'], 0],
  ['pgtap', ['fixtures/pgtap/passes'], 0],
  ['pgtap', ['fixtures/pgtap/fails'], 1],
]

test.for(runs)('%s %j, status %i, keeps a password to itself', async (run, { task }) => {
  const [name, args, status, refused = false] = run
  const url = refused ? whole.href.replace('postgres:', 'nobody:') : whole.href
  const reports = join(folder, task.id)
  const reporting = ['agreement', 'test'].includes(name) ? ['--report', reports] : []
  const around = { DATABASE_URL: url, CONFORMANCE_REMOTE_URL: url, PGPASSWORD: PASSWORD }
  const { exitCode, stdout, stderr } = await verb(name, [...args, ...reporting], around)
  const files = existsSync(reports) ? readdirSync(reports) : []
  const texts = files.map((file) => readFileSync(join(reports, file), 'utf8'))
  for (const text of [stdout, stderr, ...texts]) expect(text).not.toContain(PLANTED)
  expect({ exitCode, said: (stdout + stderr).length > 0 }).toEqual({ exitCode: status, said: true })
})

describe('every verb', () => {
  const scripts = new URL('../../../scripts/', import.meta.url)
  test('runs where its output is cleaned, and prints by no other way', () => {
    expect(verbs.length).toBeGreaterThan(5)
    const text = (name: string) => readFileSync(new URL(`${name}.ts`, scripts), 'utf8')
    expect(verbs.filter((name) => !/^(else )?await runVerb\(/m.test(text(name)))).toEqual([])
    expect(verbs.filter((name) => /console\.|_rawDebug|writeSync|fs\.write/.test(text(name)))).toEqual([])
  })

  // All of them come in through runVerb, as the test above has seen: three stand for them.
  test.for(['pgtap', 'test', 'usage'])('%s repeats no URL that it does not understand', async (name) => {
    const url = `postgresql://postgres:${encodeURIComponent(PASSWORD)}@localhost/d`
    const around = { DATABASE_URL: url, CONFORMANCE_REMOTE_URL: url, PGPASSWORD: PASSWORD }
    const { exitCode, stdout, stderr } = await verb(name, [`--nonsense=${url}`], around)
    expect(stderr).toMatch(/nonsense/)
    expect(stdout + stderr).not.toContain(PLANTED)
    expect(exitCode).toBe(2)
  })
})

describe('what is learned', () => {
  test('is hidden however it is written', () => {
    const redaction = new Redaction()
    redaction.learn(PASSWORD)
    const forms = [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      encodeURI(PASSWORD),
      JSON.stringify({ PASSWORD }),
      PASSWORD.replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;'),
    ]
    for (const form of forms) expect(redaction.clean(`before ${form} after`)).not.toContain(PLANTED)
  })

  test('is hidden as a word where it is short, and damages no date', () => {
    const redaction = redactionOf([], { DATABASE_URL: 'postgresql://rd:2026@h/d' })
    const own =
      '{"startedAt": "2026-11-28T00:46:32.000Z", "file": "20260103000001_x.sql", "durationMs": 2026}'
    expect(redaction.clean(own)).toBe(own)
    for (const said of ['no role "2026"', '2026', 'rd:2026@h', 'for 2026: no', 'postgresql://rd:2026@h'])
      expect(redaction.clean(said)).not.toContain('2026')
  })

  test('leaves the words of reports, which would tell it by their absence', () => {
    const words = new Set<string>()
    JSON.parse(readFileSync('conformance/report/report.schema.json', 'utf8'), (key, value) => {
      if (key === 'properties') for (const name of Object.keys(value)) words.add(name)
      if (key === 'enum' || key === 'const') for (const word of [value].flat()) words.add(`${word}`)
      return value
    })
    expect(words.size).toBeGreaterThan(60)
    for (const word of words) {
      const redaction = redactionOf([], { DATABASE_URL: `postgresql://rd:${word}@h/d` })
      expect(redaction.clean(`{"${word}": "${word}"}`)).toBe(`{"${word}": "${word}"}`)
      expect(redaction.clean(`postgresql://rd:${word}@h/d`)).toBe('postgresql://rd:***@h/d')
    }
  })

  test('leaves everything else as it is', () => {
    const redaction = new Redaction()
    redaction.learnUrl('postgresql://postgres:postgres@127.0.0.1:54322/postgres')
    const text = '"postgres" on Postgres 17.10, as postgres. ✓ All required tables exist $& $1'
    expect(redaction.clean(text)).toBe(text)
    expect(redaction.clean('see postgresql://someone:else@host/d?x=1 there')).toBe(
      'see postgresql://someone:***@host/d?x=1 there',
    )
  })
})
