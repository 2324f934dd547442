/**
 * What a run prints at the terminal ends with what one looks for: reasons are told, and do not scroll it away.
 */
import { describe, expect, test } from '../../harness/index.ts'
import { type Finding, failed, finding, PASSED, render } from '../../report/index.ts'
import { ending } from '../../results/index.ts'
import { reportWith } from './any-report.ts'

const PGLITE = { engine: 'pglite' }

const claim = (id: string, on = {}) => ({ id, title: id, group: 'a.spec.ts', ...on })

/** Claims with so many reasons why they were not tried: the later, the more claims. */
function skipped(reasons: number, on = {}): Finding[] {
  return Array.from({ length: reasons }, (_, i) =>
    Array.from({ length: i + 1 }, (_, n) =>
      finding(claim(`${i}-${n}`, on), { outcome: 'skipped', reason: `not applicable: reason ${i}` }),
    ),
  ).flat()
}

async function printed(findings: readonly Finding[]): Promise<string> {
  return render(reportWith(findings), 'terminal')
}

const told = (text: string) => [...text.matchAll(/not applicable: reason (\d+)/g)].map(([, i]) => Number(i))

describe('the reasons why claims were not tried', () => {
  test('are all told where they are few', async () => {
    const text = await printed([finding(claim('a', PGLITE), PASSED), ...skipped(12, PGLITE)])
    expect(told(text)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    expect(text).not.toContain('…')
  })

  test('are a dozen lines where they are many, those of most claims first', async () => {
    const text = await printed(skipped(70, PGLITE))
    expect(told(text)).toEqual([69, 68, 67, 66, 65, 64, 63, 62, 61, 60, 59])
    expect(text).toContain('… and 59 more reasons: --report FOLDER writes them all.\n')
  })

  test('that could not be checked are never left out', async () => {
    const one = finding(claim('lost', PGLITE), { outcome: 'error', reason: 'the server is gone' })
    expect(await printed([...skipped(70, PGLITE), one])).toContain('1 error: the server is gone\n')
  })

  test('are sent to the page where there is one', () => {
    const text = ending(reportWith(skipped(70, PGLITE)), 'reports/report.html')
    expect(text).toContain('… and 59 more reasons: see the page.\n')
  })
})

describe('claims of no engine', () => {
  test('are counted once, and the reasons stay', async () => {
    const findings = [finding(claim('a'), PASSED), ...skipped(2)]
    expect(await printed(findings)).toMatch(
      /\n2 not applicable: reason 1\n1 not applicable: reason 0\n\n1 passed, 0 failed, 3 skipped\n$/,
    )
    expect(ending(reportWith([finding(claim('a'), PASSED)]), undefined)).toBe(
      '\n1 passed, 0 failed, 0 skipped\n',
    )
  })

  test('have a line beside those of an engine', async () => {
    const text = await printed([finding(claim('a'), PASSED), finding(claim('b', PGLITE), PASSED)])
    expect(text).toMatch(/\nnone +1 passed, 0 failed, 0 skipped\n/)
  })
})

describe('claims that there is no room for', () => {
  const many = Array.from({ length: 60 }, (_, i) =>
    finding(claim(`claim ${i}`), failed({ reason: `No ${i}.` })),
  )

  test('are said to be in the reports, which an option writes', async () => {
    expect(await printed(many)).toMatch(/… and \d+ more claims: --report FOLDER writes them all\.\n/)
  })

  test('are said to be on the page where there is one', () => {
    expect(ending(reportWith(many), 'reports/report.html')).toMatch(/… and \d+ more claims: see the page\.\n/)
    expect(ending(reportWith(many), undefined)).not.toContain('see the page')
  })
})
