/**
 * Every engine answers the same: rows, types of columns, SQLSTATEs and their words, facts of the catalog.
 *
 * Method: the same questions on each engine, compared with what PostgreSQL 17 answered. A difference must be explained, and
 * the explanation must hold: one that no longer applies fails, too.
 */
import {
  type Answer,
  answerOf,
  explanations,
  judge,
  probes,
  readReference,
  whereIs,
} from '../../agreement/index.ts'
import { describe, expect, needs, test } from '../../harness/index.ts'

const reference = readReference()

test.for(probes.filter(({ dangerous }) => !dangerous))('$name', async (probe, { session, engine }) => {
  const answer = await answerOf(session, probe)
  const where = await whereIs(engine.name, session)
  expect({ answer, ...judge(where, probe.name, answer, reference[probe.name]) }).toMatchObject({
    agrees: true,
  })
})

/** On a database that is thrown away: what is asked here may be the end of it. */
needs('bare-platform').for(probes.filter(({ dangerous }) => dangerous))(
  '$name, though it may be the last',
  async (probe, { engine }) => {
    const database = await engine.open()
    const session = await database.connect()
    const where = await whereIs(engine.name, session)
    await session.query('begin')
    const answer = await answerOf(session, probe)
    await database.close()
    expect({ answer, ...judge(where, probe.name, answer, reference[probe.name]) }).toMatchObject({
      agrees: true,
    })
  },
)

describe('the judge', () => {
  const [known] = explanations
  const where = { engine: 'some', major: 18 }
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

  test('every explanation is of a probe, and every probe has a reference', () => {
    const names = probes.map(({ name }) => name)
    expect(explanations.filter((entry) => !names.includes(entry.probe))).toEqual([])
    expect(Object.keys(reference).sort()).toEqual([...names].sort())
  })
})
