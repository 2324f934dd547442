/** `npm run bench:claims`: what a thousand claims on a catalog cost, ours from outside and pgTAP's inside the database. */
import { Command, Option } from 'commander'
import { CLAIMS, claimCosts, figuresTable } from '../conformance/bench/index.ts'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

const known = engines.filter(({ lacks }) => !lacks.pgtap).map(({ name }) => name)

const command = new Command('bench:claims')
  .description(
    `Measure ${CLAIMS} claims on the catalog, the same ones by pgTAP and by ours, in milliseconds.`,
  )
  .addOption(new Option('--engine <name>', 'where').choices(known).default('embedded-17'))
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText('after', '\nExit status: 0 ours take no longer, 1 they do, 2 it could not be measured.')

await runVerb(command, async ({ engine: name, json = false }: { engine: string; json?: boolean }) => {
  const engine = await engineNamed(name).start()
  try {
    const session = await (await engine.open({ pgtap: true })).connect()
    const figures = await claimCosts(session, say)
    process.stdout.write(
      json
        ? `${JSON.stringify({ engine: name, claims: CLAIMS, figures }, null, 2)}\n`
        : figuresTable(figures),
    )
    const [ours = Number.POSITIVE_INFINITY, ...theirs] = figures.map(({ medianMs }) => medianMs)
    return ours <= Math.min(...theirs)
  } finally {
    await engine.stop()
  }
})
