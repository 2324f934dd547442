/**
 * A run of pgTAP files: what they see of each other, when it ends, and what is kept of a failure.
 */
import { fileURLToPath } from 'node:url'
import { expect, needs } from '../../harness/index.ts'
import { type FileResult, findFiles, type RunOptions, runFiles, tapStream } from '../../pgtap-files/index.ts'

const folder = fileURLToPath(new URL('../../../fixtures/pgtap/', import.meta.url))
const claim = needs('pgtap', 'own-database', 'own-backend')

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

claim('copies are apart, also where a sequence alone moved on', { timeout: 60_000 }, async ({ engine }) => {
  const results = await runFiles(findFiles(['apart'], folder), {
    ...here(() => engine.open({ holds: 'platform', pgtap: true })),
    first: ['apart.psql'],
  })
  expect(results.map(({ file, reasons }) => [file, ...reasons])).toEqual(results.map(({ file }) => [file]))
  expect(results).toHaveLength(9)
})
