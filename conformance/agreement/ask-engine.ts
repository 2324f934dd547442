import type { Engine } from '../engines/index.ts'
import { type Answer, answerOf } from './answer.ts'
import type { Probe } from './probe.ts'
import { type Where, whereIs } from './where-is.ts'

/** Where an engine stands, and what it answered, by the name of the probe. */
export interface Asked {
  readonly where: Where
  readonly answers: ReadonlyMap<string, Answer>
}

/** Puts all questions to an engine, in one transaction that is rolled back; the dangerous ones on databases of their own. */
export async function askEngine(engine: Engine, probes: readonly Probe[]): Promise<Asked> {
  const answers = new Map<string, Answer>()
  const database = await engine.open()
  const session = await database.connect()
  const where = await whereIs(engine.name, session)
  await session.query('begin')
  for (const probe of probes.filter(({ dangerous }) => !dangerous))
    answers.set(probe.name, await answerOf(session, probe))
  await session.query('rollback')
  await session.close()
  await database.close()
  if (!engine.lacks['bare-platform']) {
    for (const probe of probes.filter(({ dangerous }) => dangerous))
      answers.set(probe.name, await askApart(engine, probe))
  }
  return { where, answers }
}

/** Asks on a database that is thrown away: there may be no session after it. */
export async function askApart(engine: Engine, probe: Probe): Promise<Answer> {
  const database = await engine.open()
  try {
    const session = await database.connect()
    await session.query('begin')
    return await answerOf(session, probe)
  } finally {
    await database.close()
  }
}
