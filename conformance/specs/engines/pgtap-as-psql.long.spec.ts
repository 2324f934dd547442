/**
 * What a file prints here is what it prints with psql.
 *
 * Method: the fixtures, and scripts put together at random from what lets psql's language and SQL be mistaken for each
 * other: quotes, comments, variables, branches. Each is run here and by psql, on one server.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { $ } from 'zx'
import { type Database, Unavailable } from '../../engines/index.ts'
import { expect, needs, needsTool } from '../../harness/index.ts'
import { playFile, ScriptError, serverVariables, Variables } from '../../pgtap-files/index.ts'

const fixtures = fileURLToPath(new URL('../../../fixtures/pgtap/', import.meta.url))
/** psql complains of a quote that is not closed, and goes on. */
const STRICTER = 'fails/open-quote.sql'
/** Up to 17, psql sends `\.` along with the rows, and servers from 18 on take it for one when they are CSV. */
const SINCE_18 = 'passes/copies-csv.sql'
const files = ['passes', 'fails'].flatMap((name) =>
  readdirSync(`${fixtures}${name}`)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => `${name}/${file}`)
    .filter((file) => file !== STRICTER),
)

const claim = needs('pgtap', 'own-database', 'own-backend', 'network')

claim('the fixtures print the same', { timeout: 90_000 }, async ({ engine, skip }) => {
  const psql = await needsTool('psql', skip)
  const database = await engine.open({ pgtap: true })
  try {
    expect(files.length).toBeGreaterThan(20)
    const asked = await understood(psql, database)
    for (const file of files.filter((name) => asked || name !== SINCE_18))
      expect({ file, ...(await here(database, fixtures, file)) }).toEqual({
        file,
        ...(await byPsql(psql, database, fixtures, file)),
      })
  } finally {
    await database.close()
  }
})

claim('scripts put together at random print the same', { timeout: 90_000 }, async ({ engine, skip }) => {
  const psql = await needsTool('psql', skip)
  const database = await engine.open({ holds: 'platform' })
  const folder = mkdtempSync(join(tmpdir(), 'random-scripts-'))
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(echo, select, branches), { size: '+1', minLength: 40 }),
        async (parts) => {
          writeFileSync(join(folder, 'random.sql'), [...beginning, ...parts].join('\n'))
          expect(await here(database, folder, 'random.sql')).toEqual(
            await byPsql(psql, database, folder, 'random.sql'),
          )
        },
      ),
      { numRuns: 8 },
    )
  } finally {
    rmSync(folder, { recursive: true })
    await database.close()
  }
})

const beginning = [`\\set v val`, `\\set w 'a''b c\\\\d'`]

/** `\echo` of anything that is no backslash, and whose quotes are closed. */
const echo = fc
  .array(
    fc.constantFrom(
      ...['a', ' ', '  ', 'é', '::', ':=', ':', '$', '{', '}', '#', '|', '(', ')', ';', '?', `''`, '""'],
      ...[`'x y'`, `'it''s'`, `'t\\tb'`, `'\\101\\x42'`, '"q q"', ':v', `:'v'`, ':"v"', `:'w'`, ':w'],
      ...[':{?v}', ':{?no}', ':no', `:'no'`, ':"no"'],
    ),
    { minLength: 1 },
  )
  .map((parts) => `\\echo ${parts.join('')}`)
  .filter((line) => !line.startsWith('\\echo -n'))

/** Texts in every way to write one, ended in every way to end a statement. */
const select = fc
  .tuple(
    fc.array(
      fc.constantFrom(
        ...[`'s'`, `'it''s;'`, `E'a\\'b;'`, '$$;:v$$', '$t$ $$ ; $t$', `:'v'`, `:'w'`, `'a':: text`, `'\\'`],
        ...[`/* ; */ 'k'`, `-- ;'\n 'm'`, `(select 'p' /* ) */)`, ':{?v}::text', `'q'\n  'r'`, `U&'\\0041'`],
        ...[`array['x'] ::text[] ::text`, `E'\\\\'`],
      ),
      { minLength: 1, maxLength: 5 },
    ),
    fc.constantFrom(';', ' ;', ' \\g', '; select 1;', ';-- c', ' /* t */;', ' \\; select 2;'),
  )
  .map(([texts, end]) => `select 0, ${texts.join(' ||\n ')}${end}`)

const condition = fc.constantFrom(
  'on',
  'off',
  't',
  'f',
  '1',
  '0',
  'yes',
  'no',
  ':{?v}',
  ':{?no}',
  'of',
  'TRUE',
)

/** A branch in a branch, with what is not read in it. */
const branches = fc
  .record({ outer: condition, inner: condition, otherwise: condition })
  .map(({ outer, inner, otherwise }) =>
    [
      ...[`\\if ${outer}`, '\\echo outer :v', `\\if ${inner}`, `select 'x;' /* \\else */;`, '\\else'],
      ...[
        `\\echo 'not' "inner" \\endif`,
        `\\elif ${otherwise}`,
        'select $$\\endif$$;',
        '\\else \\echo else',
        '\\endif',
      ],
    ].join('\n'),
  )

interface Outcome {
  readonly lines: readonly string[]
  /** Whether it stopped before its end. */
  readonly stopped: boolean
}

async function here(database: Database, folder: string, file: string): Promise<Outcome> {
  const session = await database.connect()
  const lines: string[] = []
  try {
    const variables = new Variables(await serverVariables(session))
    for await (const line of playFile(file, { session, variables, folder, note: () => {} })) lines.push(line)
    return { lines, stopped: false }
  } catch (error) {
    // One of the files ends its own connection.
    if (error instanceof ScriptError || error instanceof Unavailable) return { lines, stopped: true }
    throw error
  } finally {
    await session.close()
  }
}

/** Whether this psql ends CSV as the server does. */
async function understood(psql: string, database: Database): Promise<boolean> {
  const { stdout } = await $({ quiet: true })`${psql} --version`
  const session = await database.connect()
  const [row] = await session.query(`select current_setting('server_version_num')::int / 10000 as major`)
  await session.close()
  return Number(row?.['major']) < 18 || Number(/\d+/.exec(stdout)?.[0]) >= 18
}

/** As pg_prove calls it. */
async function byPsql(psql: string, database: Database, folder: string, file: string): Promise<Outcome> {
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
    await shell`${psql} ${options} --set ON_ERROR_STOP=1 --dbname ${database.url ?? ''} --file ${file}`
  return { lines: stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n'), stopped: exitCode !== 0 }
}
