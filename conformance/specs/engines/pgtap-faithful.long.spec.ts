/**
 * What pgTAP files do with psql and with pgTAP itself beyond statements: each has the effect that it has there.
 */
import { fileURLToPath } from 'node:url'
import { expect, needs } from '../../harness/index.ts'
import { type FileResult, keptClean, type RunOptions, runFiles } from '../../pgtap-files/index.ts'

const folder = fileURLToPath(new URL('../../../fixtures/pgtap/', import.meta.url))
const claim = needs('pgtap', 'own-database', 'own-backend')

/** A run of one file of the fixtures, and what it printed. */
async function played(open: RunOptions['open'], file: string, options: Partial<RunOptions> = {}) {
  const lines: string[] = []
  const [result] = await runFiles([file], {
    ...{ open, shared: false, folder, first: [], variables: {}, note: () => {} },
    listener: { line: (line) => lines.push(line) },
    ...options,
  })
  return { lines, ...(result as FileResult) }
}

claim(
  'parameters, options of \\g, and what stands beside a test are read',
  async ({ platformServer: engine }) => {
    const { outcome, reasons, points, lines } = await played(
      () => engine.open({ pgtap: true }),
      'elsewhere/psql.sql',
    )
    expect({ outcome, reasons }).toEqual({ outcome: 'passed', reasons: [] })
    expect(points.map(({ description }) => description)).toEqual([
      'two',
      'bound before \\g',
      '|beside',
      'Table nowhere should not exist',
      '',
    ])
    expect(lines).toContainEqual(
      expect.stringMatching(/^You are connected to database ".+" as user "postgres"\.$/),
    )
  },
)

claim('a file that connects again begins anew', { timeout: 30_000 }, async ({ platformServer: engine }) => {
  expect(await played(() => engine.open({ pgtap: true }), 'elsewhere/reconnects.sql')).toMatchObject({
    ...{ outcome: 'passed', reasons: [], planned: 2 },
  })
})

claim('a plan of none that says nothing more skips the file', async ({ platformServer: engine }) => {
  expect(await played(() => engine.open({ pgtap: true }), 'elsewhere/plan-of-none.sql')).toMatchObject({
    ...{ outcome: 'skipped', skipped: 'no reason given', reasons: [] },
  })
})

claim('pgTAP that is dropped can be created again', async ({ platformServer: engine }) => {
  const open = () => engine.open({ holds: 'supabase', pgtap: true })
  expect(await played(open, 'elsewhere/again.sql')).toMatchObject({ outcome: 'passed', reasons: [] })
})

claim('a file that includes itself stops with a sentence', async ({ platformServer: engine }) => {
  const { outcome, reasons } = await played(
    () => engine.open({ pgtap: true }),
    'elsewhere/includes-itself.sql',
  )
  expect({ outcome, reasons }).toEqual({
    outcome: 'failed',
    reasons: [
      expect.stringMatching(
        /\\ir names elsewhere\/includes-itself\.sql, and files include each other 32 deep/,
      ),
    ],
  })
})

needs(
  'pgtap',
  'own-database',
  'own-backend',
  'two-sessions',
)('rows of another file are copied in', async ({ platformServer: engine }) => {
  expect(await played(() => engine.open({ pgtap: true }), 'elsewhere/copies-file.sql')).toMatchObject({
    ...{ outcome: 'passed', reasons: [] },
  })
})

needs(
  'pgtap',
  'own-database',
  'own-backend',
  'interruption',
)('a statement that takes too long fails its file and no other', async ({ platformServer: engine }) => {
  const { outcome, reasons } = await played(() => engine.open({ pgtap: true }), 'elsewhere/sleeps.sql', {
    timeoutMs: 100,
  })
  expect({ outcome, reasons }).toEqual({
    outcome: 'failed',
    reasons: [expect.stringMatching(/sleeps\.sql:2: canceling statement due to statement timeout/)],
  })
})

claim(
  "nothing stays in a database of somebody's own, whatever a file commits",
  async ({ platformServer: engine }) => {
    const database = await engine.open({ pgtap: true })
    try {
      const open = async () => keptClean(() => database.connect())
      for (const round of [1, 2])
        expect({ round, ...(await played(open, 'elsewhere/commits-all.sql')) }).toMatchObject({
          ...{ round, outcome: 'passed', reasons: [], planned: 3 },
        })
      const session = await database.connect()
      expect(await session.query(`select to_regclass('public.left_behind') as left`)).toEqual([
        { left: null },
      ])
      await session.close()
    } finally {
      await database.close()
    }
  },
)
