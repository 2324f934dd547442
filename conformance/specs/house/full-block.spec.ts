/**
 * How `verify:phase1 --full` prints what it found: readable at 80 columns, grouped, the verdict last and never kinder than the
 * findings.
 */
import { describe, expect, test } from '../../harness/index.ts'
import {
  type Finding,
  type FullVerification,
  failed,
  finding,
  fullBlock,
  PASSED,
  phase1Block,
} from '../../report/index.ts'

const about = (group: string, title: string, objects?: string[]) => ({
  id: `${group}/${title}`,
  group,
  title,
  ...(objects ? { objects } : {}),
})
const kept = finding(about('schema', 'The schema is as it was left'), PASSED)
const wrong = finding(
  about('schema', 'The schema is as it was left', ['table copilot_internal.e2b_cost_records']),
  failed({
    have: 'policy p, using: true\nprivileges of anon: SELECT',
    want: `policy p, using: (tenant_id = ${'( SELECT something) '.repeat(8)})\nprivileges of anon: none`,
    hint: 'Run the migrations again.',
  }),
)
const unknown: Finding = finding(about('usage', 'All usage has a price'), {
  outcome: 'error',
  reason: 'somebody holds a lock.',
})
const unpriced = finding(
  about('usage', 'All usage has a price', ['usage of openai gpt-99']),
  failed({ have: '3 records', want: 'a price' }),
)

const full = (parts: Partial<FullVerification>): FullVerification => ({
  state: 'Migrated.',
  findings: [kept],
  leading: [],
  warnings: [],
  notes: [],
  ...parts,
})
const lastLines = (text: string) => text.trimEnd().split('\n').slice(-2)

test('all holds: PASSED, with what is beside it', () => {
  const text = fullBlock(
    full({ warnings: [unpriced], notes: [{ group: 'prices', text: 'A price has changed.' }] }),
  )
  expect(lastLines(text)).toEqual(['=== Full Verification PASSED ===', '1 check holds, 1 warning, 1 note.'])
  expect(text).toContain(
    '\nwarnings:\n  ! usage of openai gpt-99\n      have: 3 records\n      want: a price\n',
  )
  expect(text).toContain('  · A price has changed.')
})

test('of many findings, the first ones are named before the others', () => {
  expect(fullBlock(full({ findings: [kept, wrong], leading: [wrong] }))).toMatch(
    /^=== Full Verification ===\n\nMigrated\.\n\nfirst of 1 findings, below in full:\n {2}✗ table copilot_internal\.e2b_cost_records\n\n/,
  )
})

test('a finding: FAILED, with have and want of each fact', () => {
  const text = fullBlock(full({ findings: [kept, wrong, unknown] }))
  expect(lastLines(text)).toEqual([
    '=== Full Verification FAILED ===',
    '1 finding, 1 not checked, 0 warnings, 0 notes.',
  ])
  expect(text).toContain(`
  ✗ table copilot_internal.e2b_cost_records
      policy p, using
        have: true
        want: (tenant_id = ( SELECT something) `)
  expect(text).toContain(
    '      privileges of anon\n        have: SELECT\n        want: none\n      → Run the migrations again.',
  )
})

test('something could not be checked: INCOMPLETE, with the reason', () => {
  const text = fullBlock(full({ findings: [kept, unknown] }))
  expect(lastLines(text)[0]).toBe('=== Full Verification INCOMPLETE ===')
  expect(text).toContain('  ? All usage has a price\n      error: somebody holds a lock.')
})

test('warnings count when the reader is strict', () => {
  expect(lastLines(fullBlock(full({ warnings: [unpriced] }), { strict: true }))[0]).toBe(
    '=== Full Verification FAILED ===',
  )
})

test('PASSED stands nowhere while something does not hold', () => {
  for (const below of [[wrong], [unknown], [kept, wrong, unknown]]) {
    const text = phase1Block([kept], below) + fullBlock(full({ findings: below }))
    expect(text).not.toContain('PASSED')
  }
  expect(phase1Block([kept], [kept])).toBe(phase1Block([kept]))
})

test('nothing at all is no pass', () => {
  expect(fullBlock(full({ findings: [] }))).not.toContain('PASSED')
})

describe('whatever a name holds', () => {
  test('lines stay within 80 columns where words allow it', () => {
    const text = fullBlock(full({ findings: [wrong, unknown], warnings: [unpriced] }))
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('it cannot move the cursor, turn the text around or forge a line', () => {
    const hostile = finding(
      about('prices', 'A price', ['price of \u001b[2J\u202egpt\n=== Full Verification PASSED ===']),
      failed({ have: '\u001b[31m1', want: '2' }),
    )
    const text = fullBlock(full({ findings: [hostile] }))
    for (const mark of ['\u001b', '\u202e']) expect(text).not.toContain(mark)
    expect(text.split('\n')).not.toContain('=== Full Verification PASSED ===')
  })
})
