/** `npm run bench:isolation`: what each rung of the isolation ladder costs, beside applying the migrations anew. */
import { Command, Option } from 'commander'
import { Bench } from 'tinybench'
import { type Database, type Engine, engineNamed, engines, migrations } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

const known = engines.filter(({ lacks }) => !lacks['own-cluster']).map(({ name }) => name)

const command = new Command('bench:isolation')
  .description('Measure what a test costs in each way of keeping it apart from the others, in milliseconds.')
  .addOption(new Option('--engine <name>', 'which server').choices(known).default('embedded-17'))
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText('after', '\nExit status: 0 measured, 2 it could not be.')

interface Figure {
  readonly rung: string
  readonly medianMs: number
  readonly runs: number
}

await runVerb(command, async ({ engine: name, json = false }: { engine: string; json?: boolean }) => {
  const kind = engineNamed(name)
  const engine = await kind.start()
  try {
    const figures = [
      await savepoint(engine),
      await clone(engine),
      await applied(engine),
      await median('a fresh cluster', 5, async () => (await kind.start()).stop()),
    ]
    process.stdout.write(json ? `${JSON.stringify({ engine: name, figures }, null, 2)}\n` : table(figures))
  } finally {
    await engine.stop()
  }
  return true
})

/** What a test in a transaction does around its statements, and one statement. */
async function savepoint(engine: Engine): Promise<Figure> {
  const session = await (await engine.open()).connect()
  const figure = await median('a savepoint in a transaction that is rolled back', 500, async () => {
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
  })
  await session.close()
  return figure
}

/** A database of a test's own: only the opening is measured. */
async function clone(engine: Engine): Promise<Figure> {
  const opened: Database[] = []
  await engine.open() // builds the template
  return median(
    'a clone of the template',
    60,
    async () => void opened.push(await engine.open()),
    async () => {
      await opened.pop()?.close()
    },
  )
}

/** What the same would cost without templates. */
async function applied(engine: Engine): Promise<Figure> {
  return median('the platform cloned, the migrations applied anew', 10, async () => {
    const database = await engine.open({ holds: 'platform' })
    const session = await database.connect()
    for (const { sql } of migrations()) await session.run(sql)
    await session.close()
    await database.close()
  })
}

async function median(
  rung: string,
  iterations: number,
  run: () => Promise<void>,
  afterEach: () => Promise<void> = async () => {},
): Promise<Figure> {
  say(`Measuring ${rung} …`)
  const bench = new Bench({ iterations, time: 0, warmupIterations: 2, warmupTime: 0, throws: true })
  bench.add(rung, run, { afterEach })
  const [task] = await bench.run()
  const result = task?.result
  if (!result || !('latency' in result)) throw new Error(`${rung} was not measured.`)
  return { rung, medianMs: result.latency.p50, runs: result.latency.samplesCount }
}

function table(figures: readonly Figure[]): string {
  const line = ({ rung, medianMs, runs }: Figure) =>
    `${medianMs.toFixed(2).padStart(9)} ms  ${rung} (${runs} runs)\n`
  return `${'median'.padStart(9)}\n${figures.map(line).join('')}`
}
