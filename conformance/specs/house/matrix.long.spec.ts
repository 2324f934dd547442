/**
 * The matrix of a run: nothing is kept because it did not run, and an engine at fault is not a product that is broken.
 *
 * Method: Vitest runs small specs of our own making, one for each way in which a test can end; the matrix is read from what
 * it printed and from the file it wrote.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { describe, expect, test } from '../../harness/index.ts'
import { type Finding, MatrixSchema, matrixOf, matrixTable, matrixTotals } from '../../report/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

const config = `
  import { EndOfRun, heardBy } from '${root}conformance/results/index.ts'
  import { Messenger } from '${root}conformance/runner/index.ts'
  const notStarted = [{ engine: 'third', reason: 'not asked for' }]
  export default { test: {
    reporters: [new Messenger(heardBy([new EndOfRun({ notStarted, folder: import.meta.dirname + '/reports' })]))],
    projects: ['first', 'second'].map((name) => ({ test: { name, include: ['*.spec.ts'] } })),
  } }`

/** Every way in which a test can end, skipping included: all of them have to be counted. */
const specs = {
  'ends.spec.ts': `
    import { expect, test } from 'vitest'
    import { EngineWedged } from '${root}conformance/harness/engine-wedged.ts'
    import { Unavailable } from '${root}conformance/engines/engine.ts'
    test('passes', () => { expect(1).toBe(1) })
    test('fails', () => { expect(1).toBe(2) })
    test('wedged', () => { throw new EngineWedged('the engine no longer answers.') })
    test('lost', () => { throw new Unavailable('The connection to Postgres is closed.') })
    test.skip('left out [not applicable: it has no server]', () => {})
    test('skips itself', ({ skip }) => { skip('not run: psql is not installed') })`,
  'unloadable.spec.ts': `throw new Error('It cannot be loaded.')`,
}

async function run() {
  mkdirSync(join(root, 'reports'), { recursive: true })
  const folder = mkdtempSync(join(root, 'reports/matrix-'))
  try {
    for (const [name, text] of Object.entries({ ...specs, 'vitest.config.ts': config }))
      writeFileSync(join(folder, name), text)
    const shell = $({ quiet: true, nothrow: true, cwd: root })
    const { exitCode, stdout } = await shell`npx --no-install vitest run --root ${folder}`
    const matrix = MatrixSchema.parse(JSON.parse(readFileSync(join(folder, 'reports/matrix.json'), 'utf8')))
    return { exitCode, stdout, matrix }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('each way in which a test ends has a place of its own', async () => {
  const { exitCode, stdout, matrix } = await run()
  const { engines, notStarted, rows } = matrix
  expect({ engines: [...engines].sort(), notStarted }).toEqual({
    engines: ['first', 'second'],
    notStarted: [{ engine: 'third', reason: 'not asked for' }],
  })
  const [ends, unloadable] = rows
  expect(ends?.cells['first']).toEqual([
    { outcome: 'passed', count: 1 },
    { outcome: 'failed', count: 1 },
    { outcome: 'skipped', count: 1, reason: 'not applicable: it has no server' },
    { outcome: 'skipped', count: 1, reason: 'not run: psql is not installed' },
    {
      outcome: 'error',
      count: 1,
      reason: 'ENGINE_WEDGED: the engine no longer answers.',
    },
    { outcome: 'error', count: 1, reason: 'The connection to Postgres is closed.' },
  ])
  expect(ends?.cells['second']).toEqual(ends?.cells['first'])
  expect(unloadable?.cells['first']).toEqual([{ outcome: 'failed', count: 1 }])
  expect(stdout).toMatch(/first +1 passed, 2 failed, 2 could not be checked, 2 skipped\n/)
  expect(stdout).toMatch(/\n2 passed, 8 failed, 4 skipped\n$/)
  expect(exitCode).toBe(1)
})

describe('the table', () => {
  const findings: Finding[] = [
    { id: 'a', title: 'a', group: 'b.spec.ts', engine: 'first', outcome: 'passed' },
    {
      id: 'a',
      title: 'a',
      group: 'b.spec.ts',
      engine: 'second',
      outcome: 'skipped',
      reason: 'not applicable: no server',
    },
    { id: 'c', title: 'c', group: 'b.spec.ts', engine: 'second', outcome: 'failed', reason: 'wrong' },
    { id: 'd', title: 'd', group: 'a.spec.ts', outcome: 'passed' },
  ]
  const matrix = matrixOf(findings, [{ engine: 'third', reason: 'not asked for' }])

  test('has a line per spec, a column per engine, and every reason below it', () => {
    expect(matrixTable(matrix)).toBe(
      [
        '           [1]    [2]  [3]',
        'a.spec.ts    –      –    1',
        'b.spec.ts    1  ✗1 a1    –',
        '',
        '[1]  first',
        '[2]  second',
        '[3]  none',
        ' –   not run: not asked for: third',
        ' a   not applicable: no server',
        '',
      ].join('\n'),
    )
  })

  test('is added up per engine', () => {
    expect(matrixTotals(matrix)).toBe(
      [
        'first   1 passed, 0 failed, 0 skipped',
        'second  0 passed, 1 failed, 1 skipped',
        '        1 not applicable: no server',
        'none    1 passed, 0 failed, 0 skipped',
        '',
      ].join('\n'),
    )
  })
})
