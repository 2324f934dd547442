/** What each way of keeping tests apart costs, beside applying the migrations anew. */
import { type Database, type Engine, type EngineKind, migrations } from '../engines/index.ts'
import { type Figure, median, type Say } from './median.ts'

/** What a test costs in each way of keeping it apart from the others, on a server of that kind. */
export async function isolationCosts(kind: EngineKind, say: Say): Promise<Figure[]> {
  const engine = await kind.start()
  try {
    return [
      await savepoint(engine, say),
      await clone(engine, say),
      await applied(engine, say),
      await median('a fresh cluster', 5, async () => (await kind.start()).stop(), { say }),
    ]
  } finally {
    await engine.stop()
  }
}

/** What a test in a transaction does around its statements, and one statement. */
async function savepoint(engine: Engine, say: Say): Promise<Figure> {
  const session = await (await engine.open()).connect()
  const figure = await median(
    'a savepoint in a transaction that is rolled back',
    500,
    async () => {
      await session.query('begin')
      await session.query('savepoint statement')
      await session.query(
        `select set_config('role', 'service_role', true), set_config('request.jwt.claims', '{}', true)`,
      )
      await session.query(
        `insert into copilot_internal.cost_quotas (scope, resource_type, limit_usd, period) values ('platform', 'llm', 1, 'day')`,
      )
      await session.query('release savepoint statement')
      await session.query('rollback')
    },
    { say },
  )
  await session.close()
  return figure
}

/** A database of a test's own: only the opening is measured. */
async function clone(engine: Engine, say: Say): Promise<Figure> {
  const opened: Database[] = []
  await engine.open() // builds the template
  return median('a clone of the template', 60, async () => void opened.push(await engine.open()), {
    say,
    afterEach: async () => opened.pop()?.close(),
  })
}

/** What the same would cost without templates. */
async function applied(engine: Engine, say: Say): Promise<Figure> {
  return median(
    'the platform cloned, the migrations applied anew',
    10,
    async () => {
      const database = await engine.open({ holds: 'platform' })
      const session = await database.connect()
      for (const { sql } of migrations()) await session.run(sql)
      await session.close()
      await database.close()
    },
    { say },
  )
}
