/**
 * pgTAP files, run as psql would run them: what they print, what they see, and when the run ends.
 *
 * Method: the files of fixtures/pgtap. What psql prints of a file is what has to come out of it here.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import type { Session } from '../../engines/index.ts'
import { expect, needs, needsTool } from '../../harness/index.ts'
import {
  type FileResult,
  findFiles,
  playFile,
  type RunOptions,
  runFiles,
  ScriptError,
  serverVariables,
  tapStream,
  Variables,
} from '../../tap-files/index.ts'

const folder = fileURLToPath(new URL('../../../fixtures/pgtap/', import.meta.url))
/** psql complains of a quote that is not closed, and goes on. */
const STRICTER = 'fails/open-quote.sql'
const files = ['passes', 'fails'].flatMap((name) =>
  readdirSync(`${folder}${name}`)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => `${name}/${file}`)
    .filter((file) => file !== STRICTER),
)

const claim = needs('pgtap', 'own-database', 'own-backend')

claim('files print what they print with psql', async ({ engine, skip }) => {
  const psql = needsTool('psql', skip)
  const database = await engine.open({ pgtap: true })
  try {
    expect(files.length).toBeGreaterThan(15)
    for (const file of files) {
      const session = await database.connect()
      expect({ file, ...(await played(session, file)) }).toEqual({
        file,
        ...(await byPsql(psql, database.url ?? '', file)),
      })
      await session.close()
    }
  } finally {
    await database.close()
  }
})

claim('files do not see what others have committed, unless they share', async ({ engine }) => {
  const results = (shared: boolean) =>
    runFiles(findFiles(['committed'], folder), {
      ...here(() => engine.open({ holds: 'platform', pgtap: true })),
      shared,
      first: ['first.psql'],
      variables: { first_order: 'a "first" one' },
    })
  expect((await results(true)).map(outcome)).toEqual(['passed', 'passed'])
  expect((await results(false)).map(outcome)).toEqual(['passed', 'failed'])
})

claim('a file that bails out ends the run, and its stream', async ({ engine }) => {
  let stream = ''
  const listener = tapStream(2, (text) => {
    stream += text
  })
  const files = findFiles(['bails-out'], folder)
  expect(files).toHaveLength(2)
  const results = await runFiles(files, { ...here(() => engine.open({ pgtap: true })), listener })
  expect(results).toMatchObject([
    {
      outcome: 'failed',
      bailedOut: 'the price list is empty',
      reasons: ['It bailed out: the price list is empty.'],
    },
  ])
  expect(stream).toMatch(
    /^not ok 1 - bails-out\/1-bails-out\.sql$[\s\S]*^Bail out! the price list is empty\n$/m,
  )
})

claim('a file that creates pgTAP finds it where it wants it', async ({ engine }) => {
  const results = await runFiles(
    ['elsewhere/creates-pgtap.sql'],
    here(() => engine.open({ pgtap: true })),
  )
  expect(results).toMatchObject([{ outcome: 'passed', planned: 2, reasons: [] }])
})

claim('a failing test keeps what pgTAP said of it', async ({ engine }) => {
  const [result] = await runFiles(
    ['fails/failing-test.sql'],
    here(() => engine.open({ pgtap: true })),
  )
  expect(result?.points).toEqual([
    { number: 1, description: 'this holds', ok: true, diagnostics: [] },
    {
      ...{ number: 2, description: 'sums', ok: false },
      diagnostics: ['Failed test 2: "sums"', '        have: 2', '        want: 3'],
    },
  ])
})

/** A run in the folder of the fixtures. */
function here(open: RunOptions['open']): RunOptions {
  return { open, shared: false, folder, first: [], variables: {}, note: () => {} }
}

function outcome(result: FileResult): FileResult['outcome'] {
  return result.outcome
}

interface Outcome {
  readonly lines: readonly string[]
  /** Whether it stopped before its end. */
  readonly stopped: boolean
}

async function played(session: Session, file: string): Promise<Outcome> {
  const lines: string[] = []
  const variables = new Variables(await serverVariables(session))
  try {
    for await (const line of playFile(file, { session, variables, folder, note: () => {} })) lines.push(line)
    return { lines, stopped: false }
  } catch (error) {
    if (error instanceof ScriptError) return { lines, stopped: true }
    throw error
  }
}

/** As pg_prove calls it. */
async function byPsql(psql: string, url: string, file: string): Promise<Outcome> {
  const shell = $({ quiet: true, nothrow: true, cwd: folder })
  const options = [
    '--no-psqlrc',
    '--no-align',
    '--quiet',
    '--pset',
    'pager=off',
    '--pset',
    'tuples_only=true',
  ]
  const { stdout, exitCode } =
    await shell`${psql} ${options} --set ON_ERROR_STOP=1 --dbname ${url} --file ${file}`
  return { lines: stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n'), stopped: exitCode !== 0 }
}
