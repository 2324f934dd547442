/**
 * Every engine answers the same: rows, types of columns, SQLSTATEs and their words, facts of the catalog.
 *
 * Method: the same questions on each engine, compared with what PostgreSQL 17 answered. A difference must be explained, and
 * the explanation must hold: one that no longer applies fails, too.
 */
import {
  type Agreement,
  type Answer,
  answerOf,
  askApart,
  judge,
  probes,
  readReference,
  whereIs,
} from '../../agreement/index.ts'
import { expect, needs, test } from '../../harness/index.ts'

const reference = readReference()

test.for(probes.filter(({ dangerous }) => !dangerous))('$name', async (probe, { session, engine, task }) => {
  const answer = await answerOf(session, probe)
  const where = await whereIs(engine.name, session)
  const judgement = judge(where, probe.name, answer, reference[probe.name])
  task.meta.agreement = { engine: engine.name, probe: probe.name, ...judgement }
  mustAgree(judgement, answer, reference[probe.name])
})

/** On a database that is thrown away: what is asked here may be the end of it. */
needs('bare-platform').for(probes.filter(({ dangerous }) => dangerous))(
  '$name, though it may be the last',
  async (probe, { session, engine, task }) => {
    const where = await whereIs(engine.name, session)
    const answer = await askApart(engine, probe)
    const judgement = judge(where, probe.name, answer, reference[probe.name])
    task.meta.agreement = { engine: engine.name, probe: probe.name, ...judgement }
    mustAgree(judgement, answer, reference[probe.name])
  },
)

/** Fails with both answers, line by line. */
function mustAgree({ agrees, note }: Agreement, answer: Answer, wanted: Answer | undefined): void {
  expect({ agrees, answer }, note).toEqual({ agrees: true, answer: agrees ? answer : (wanted ?? 'none') })
}
