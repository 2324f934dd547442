/**
 * Every form of a report is valid, says the same, and survives whatever a name may hold.
 *
 * Method: reports of any kind are rendered, and each is read by the validator of its own format. All count the same.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { jsonSchema, printable, REPORTER_NAMES, render, tallyOf } from '../../report/index.ts'
import { anyReport, hostileText, reportWith } from './any-report.ts'
import { readers } from './readers.ts'

/** The page takes longer to make and to validate than all others together. */
const RUNS = { terminal: 60, json: 50, junit: 40, tap: 50, ctrf: 50, markdown: 50, html: 5 } as const

describe('each form is valid and counts as all others do', () => {
  test.for(REPORTER_NAMES)('%s', { timeout: 120_000 }, async (name) => {
    await fc.assert(
      fc.asyncProperty(anyReport, async (report) => {
        expect(await readers[name](await render(report, name))).toEqual(tallyOf(report.findings))
      }),
      { numRuns: rounds(RUNS[name]) },
    )
  })

  test.for(REPORTER_NAMES)('%s, of a report without findings', async (name) => {
    const nothing = { passed: 0, failed: 0, skipped: 0 }
    expect(await readers[name](await render(reportWith([]), name))).toEqual(nothing)
  })
})

test('a line that is cut fits, however wide its letters are', async () => {
  const finding = { id: 'a', title: '表'.repeat(60), group: '表'.repeat(60), engine: 'pglite' }
  const report = reportWith([
    { ...finding, outcome: 'failed', extra: Array(30).fill(`${'表 '.repeat(25)}表`) },
  ])
  expect(await readers.terminal(await render(report, 'terminal'))).toEqual(tallyOf(report.findings))
})

test('what is printable stays as it is', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const once = printable({ title: text, have: text })
      expect(printable(once)).toEqual(once)
    }),
  )
  const plain = { title: 'Preis: 5 € für 表 👩‍👩‍👧', have: 'two\nlines' }
  expect(printable(plain)).toEqual(plain)
})

test('what is not printable is shown', () => {
  expect(printable({ title: 'a\0b\u001b[31m\u202ec\n', have: 'a\nb\r' })).toEqual({
    title: 'a␀b␛[31m⟨U+202E⟩c␊',
    have: 'a\nb␍',
  })
  expect(printable({ title: '  ' })).toEqual({ title: '␠␠' })
})

test('the published schema is that of the model', () => {
  const published = readFileSync(new URL('../../report/report.schema.json', import.meta.url), 'utf8')
  expect(published === jsonSchema(), 'report.schema.json is out of date: run `npm run schema`').toBe(true)
})
