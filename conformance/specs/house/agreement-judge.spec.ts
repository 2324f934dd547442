/**
 * What judges whether engines agree: a difference that nobody explained fails, and so does an explanation of what no longer
 * differs.
 */
import { type Answer, explanations, judge, probes, readReference } from '../../agreement/index.ts'
import { describe, expect, test } from '../../harness/index.ts'

const reference = readReference()

describe('the judge', () => {
  const where = { engine: 'some', major: 18, sortedBy: 'libc', regime: 'closed' } as const
  const known = explanations.find((explanation) => explanation.applies(where))
  const probe = known?.probe ?? ''
  const before: Answer = ['row: 1']

  test('an answer that differs without a reason disagrees', () => {
    expect(judge(where, 'no such probe', ['row: 1'], ['row: 2'])).toMatchObject({ agrees: false })
  })

  test('an answer without a reference disagrees', () => {
    expect(judge(where, 'no such probe', ['row: 1'], undefined)).toMatchObject({ agrees: false })
  })

  test('a difference that is explained agrees, and says why', () => {
    expect(judge(where, probe, known?.answer ?? [], before)).toEqual({ agrees: true, note: known?.reason })
  })

  test('a difference other than explained disagrees', () => {
    expect(judge(where, probe, ['row: 2'], before)).toMatchObject({ agrees: false })
  })

  test('an explanation of what no longer differs disagrees', () => {
    expect(judge(where, probe, before, before)).toMatchObject({ agrees: false })
  })

  test('a probe is refused in the reference where it says so, and nowhere else', () => {
    const codes = Object.entries(reference).map(([name, [first = '']]) => [
      name,
      /^refused: (\w{5})/.exec(first)?.[1],
    ])
    expect(Object.fromEntries(codes)).toEqual(
      Object.fromEntries(probes.map(({ name, refused }) => [name, refused])),
    )
  })

  test('every explanation is of a probe, and every probe has a reference', () => {
    const names = probes.map(({ name }) => name)
    expect(explanations.filter((entry) => !names.includes(entry.probe))).toEqual([])
    expect(Object.keys(reference).sort()).toEqual([...names].sort())
  })
})
