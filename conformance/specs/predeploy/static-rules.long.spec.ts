/**
 * Each rule of the static step notices its breach, at its place, and lets a similar thing pass.
 *
 * Method: a folder of two files, the first of which made a table that is in use. In the second stands the breach, and no other
 * rule says anything; then what is no breach, and none does.
 */
import { BASE, BREACHES } from '../../../fixtures/predeploy/breaches.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { RULES, STATIC_CLAIMS, staticStep } from '../../predeploy/index.ts'
import { errorsOf, planted, warningsOf } from './planted-folder.ts'

const FIRST = '20260101000001_base.sql'
const SECOND = '20260102000001_change.sql'
const TODAY = new Date('2026-02-01T00:00:00Z')

async function judge(second: string) {
  const result = await staticStep(await planted({ [FIRST]: BASE, [SECOND]: second }), { today: TODAY })
  return { errors: errorsOf(result), warnings: warningsOf(result) }
}

/** The line below `-- here`. */
function lineOf(text: string): number {
  return text.split('\n').findIndex((line) => line.trim() === '-- here') + 2
}

test('every rule has a breach', () => {
  const planted = new Set(BREACHES.map(({ rule }) => `static/${rule}`))
  expect(STATIC_CLAIMS.map(({ id }) => id).filter((id) => !planted.has(id))).toEqual([])
})

test('every rule says what it looks for and what to do', () => {
  expect(RULES.filter(({ title, looksFor, hint }) => !title || !looksFor || !hint)).toEqual([])
})

describe('a breach', () => {
  test.for(BREACHES)('of $rule is named: $what', async ({ rule, breach, severity }) => {
    const { errors, warnings } = await judge(breach)
    const place = `${SECOND}:${lineOf(breach)}`
    if (severity === 'warning') {
      expect(errors).toEqual([])
      const found = warnings.filter((text) => text.includes(`(static/${rule})`))
      expect(found.map((text) => text.split(/[,:] /)[0])).toEqual([place])
    } else {
      expect(errors.map((id) => id.split(',')[0])).toEqual([`static/${rule}: ${place}`])
    }
  })
})

describe('what is no breach', () => {
  test.for(BREACHES)('of $rule passes: beside $what', async ({ rule, passes }) => {
    const { errors, warnings } = await judge(passes)
    expect(errors).toEqual([])
    expect(warnings.filter((text) => text.includes(`(static/${rule})`))).toEqual([])
  })
})
