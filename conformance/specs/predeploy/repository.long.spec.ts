/**
 * The first step of the gate: what can be told from the files of a folder.
 *
 * Method: each kind of breach is planted in a folder of a test’s own, and beside it what looks like one. What the Supabase CLI
 * takes for a migration, in which order, and what it passes over, was tried with `supabase db push` 2.117.0.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '../../harness/index.ts'
import { readFolder, repositoryStep } from '../../predeploy/index.ts'
import { errorsOf, plantedFolder, warningsOf } from './planted-folder.ts'

type Files = Readonly<Record<string, string | Buffer>>

const FINE = '20260101000001_base.sql'
const NEXT = '20260101000002_next.sql'

async function judge(files: Files, beside: Files = {}) {
  const path = plantedFolder(files)
  for (const [name, content] of Object.entries(beside)) {
    const file = join(dirname(path), name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  const result = await repositoryStep(await readFolder(path))
  return { errors: errorsOf(result), warnings: warningsOf(result), result }
}

interface Breach {
  readonly what: string
  readonly files: Files
  readonly beside?: Files
  /** Without `repository/`. */
  readonly found: string
}

const one = (sql: string | Buffer): Files => ({ [FINE]: sql })

const BREACHES: readonly Breach[] = [
  ...['20260101000002.sql', '20260101000002-next.sql', '20260101000002_next.SQL', 'next.sql'].map((name) => ({
    what: `a file the CLI passes over: ${name}`,
    files: { [FINE]: 'select 1;', [name]: 'select 1;' },
    found: `names: ${name}`,
  })),
  {
    what: 'a first file _init.sql of before December 2021',
    files: { '20200101000000_init.sql': 'select 1;', [FINE]: 'select 1;' },
    found: 'names: 20200101000000_init.sql',
  },
  {
    what: 'a version twice',
    files: { [FINE]: 'select 1;', '20260101000001_other.sql': 'select 1;' },
    found: 'versions: 20260101000001_other.sql',
  },
  ...['2026_short.sql', '20260230000000_day.sql', '20260101250000_hour.sql', '1_first.sql'].map((name) => ({
    what: `a version that is no time: ${name}`,
    files: { [name]: 'select 1;' },
    found: `versions: ${name}`,
  })),
  {
    what: 'a byte order mark',
    files: one(Buffer.from('\uFEFFselect 1;')),
    found: `encoding: ${FINE}`,
  },
  { what: 'Latin-1', files: one(Buffer.from(`select 'é';`, 'latin1')), found: `encoding: ${FINE}` },
  { what: 'carriage returns', files: one('select 1;\r\nselect 2;\r\n'), found: `encoding: ${FINE}` },
  { what: 'no SQL', files: one('select 1;\n\nselect from where;'), found: `syntax: ${FINE}:3` },
  { what: 'begin', files: one('begin;\nselect 1;'), found: `transactions: ${FINE}:1` },
  { what: 'commit half-way', files: one('select 1;\ncommit;\nselect 2;'), found: `transactions: ${FINE}:2` },
  {
    what: 'commit in a DO block',
    files: one('do $$\nbegin\n  perform 1;\n  commit;\nend $$;'),
    found: `transactions: ${FINE}:4`,
  },
  {
    what: 'an index made concurrently, beside another statement',
    files: one('select 1;\ncreate index concurrently i on t (a);'),
    found: `alone: ${FINE}:2`,
  },
  { what: 'vacuum', files: one('vacuum t;\nselect 1;'), found: `alone: ${FINE}:1` },
  { what: 'reindex of a schema', files: one('reindex schema app;\nselect 1;'), found: `alone: ${FINE}:1` },
  ...[
    `insert into copilot_internal.model_pricing values (1);`,
    `delete from copilot_internal.model_pricing_components where true;`,
    `select copilot_internal.set_model_price('openai', 'gpt-5', 1, 2);`,
  ].map((sql) => ({
    what: `a price in seed.sql: ${sql.split(' ').slice(0, 3).join(' ')}`,
    files: one('select 1;'),
    beside: { 'seed.sql': `select 1;\n${sql}` },
    found: 'seed: seed.sql:2',
  })),
]

const NEAR: readonly (Omit<Breach, 'found'> & { readonly beside?: Files })[] = [
  { what: 'a note beside the files', files: { [FINE]: 'select 1;', 'README.md': 'Notes', '.gitkeep': '' } },
  {
    what: 'a file _init.sql that is not the first',
    files: { '20200101000000_base.sql': 'select 1;', '20200101000001_init.sql': 'select 1;' },
  },
  { what: 'a leap day', files: { '20280229000000_day.sql': 'select 1;' } },
  {
    what: 'the same name at another time',
    files: { '20260101000001_a.sql': '', '20260101000002_a.sql': '' },
  },
  { what: 'text beyond ASCII', files: one(`select 'é — 価格';`) },
  { what: 'an empty file', files: one('') },
  {
    what: 'begin of a body',
    files: one(`do $$ begin perform 1; end $$;
create function f() returns integer language sql begin atomic select 1; end;`),
  },
  {
    what: 'an index made concurrently, alone',
    files: one('-- Why.\ncreate index concurrently i on t (a);\n'),
  },
  { what: 'analyze', files: one('analyze t;\nselect 1;') },
  {
    what: 'development data',
    files: one('select 1;'),
    beside: { 'seed.sql': `insert into copilot_internal.cost_quotas (scope) values ('platform');` },
  },
]

describe('a breach', () => {
  test.for(BREACHES)('is named: $what', async ({ files, beside, found }) => {
    expect((await judge(files, beside)).errors).toEqual([`repository/${found}`])
  })
})

describe('what is no breach', () => {
  test.for(NEAR)('passes: $what', async ({ files, beside }) => {
    expect((await judge(files, beside)).errors).toEqual([])
  })
})

test('UTF-16 is named, and that it cannot be read', async () => {
  const { errors } = await judge({ [FINE]: Buffer.from('\uFEFFselect 1;', 'utf16le'), [NEXT]: 'select 1;' })
  expect(errors).toContain(`repository/encoding: ${FINE}`)
})

test('a folder named like a migration is passed over, and said', async () => {
  const path = plantedFolder({ [FINE]: 'select 1;' })
  mkdirSync(join(path, NEXT))
  expect(errorsOf(await repositoryStep(await readFolder(path)))).toEqual([`repository/names: ${NEXT}`])
})

test('files are in the order in which the CLI applies them', async () => {
  const names = [
    '020260101000000_z.sql',
    '100_y.sql',
    '2026_b.sql',
    '20260101000001_B.sql',
    '20260101000001_a.sql',
    '3_x.sql',
  ]
  const files = Object.fromEntries([...names].reverse().map((name) => [name, 'select 1;']))
  expect((await readFolder(plantedFolder(files))).files.map(({ name }) => name)).toEqual(names)
})

test('a folder without migrations, and no folder, are errors', async () => {
  await expect(readFolder(plantedFolder({ 'README.md': '' }))).rejects.toThrow('No migrations in')
  await expect(readFolder('/nowhere/migrations')).rejects.toThrow('There is no folder /nowhere/migrations')
})

describe('the CLI’s version', () => {
  const withVersion = (supabase: string | undefined) =>
    judge(one('select 1;'), {
      'package.json': JSON.stringify({ devDependencies: supabase ? { supabase } : {} }),
    })

  test('passes when it is pinned', async () => {
    expect(await withVersion('2.117.0')).toMatchObject({ errors: [], warnings: [] })
  })

  test.for(['^2.117.0', '~2.117.0', '2.x', 'latest', '>=2'])('is an error as %s', async (version) => {
    const { errors } = await withVersion(version)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^repository\/cli: .*package\.json$/)
  })

  test('is a warning when nothing says it', async () => {
    const { errors, warnings } = await withVersion(undefined)
    expect(errors).toEqual([])
    expect(warnings[0]).toContain('which version of the Supabase CLI')
  })
})

test('what there is nothing to say about is not called passed', async () => {
  const { result } = await judge(one('select 1;'))
  const skipped = result.findings.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id)
  expect(skipped).toEqual(['repository/released', 'repository/seed', 'repository/cli'])
})

test('the folder of this checkout passes', async () => {
  expect(errorsOf(await repositoryStep(await readFolder('supabase/migrations')))).toEqual([])
})

describe('what lies beside the folder and cannot be read is named, and no more', () => {
  test.for<readonly [what: string, name: string, text: string, id: string, place: string]>([
    ['commands of psql', 'seed.sql', 'select 1;\n\\restrict abc\nselect 2;', 'seed', 'seed.sql:2: '],
    ['rows of COPY', 'seed.sql', 'copy t (a) from stdin;\n1\n\\.\n', 'seed', 'seed.sql:2: '],
    ['a comment', 'package.json', '{ // why\n}', 'cli', 'package.json: '],
    ['another shape', 'package.json', '{ "dependencies": ["supabase"] }', 'cli', 'package.json: '],
  ])('%s in %s', async ([, name, text, id, place]) => {
    const { errors, result } = await judge({ [FINE]: 'select 1;' }, { [name]: text })
    expect(errors).toEqual([`repository/${id}`])
    expect(result.findings).toContainEqual(
      expect.objectContaining({ outcome: 'error', reason: expect.stringContaining(place) }),
    )
  })
})
