/** `npm run bench:isolation`: what each rung of the isolation ladder costs, beside applying the migrations anew. */
import { Command, Option } from 'commander'
import { figuresTable, isolationCosts } from '../conformance/bench/index.ts'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

const known = engines.filter(({ lacks }) => !lacks['own-cluster']).map(({ name }) => name)

const command = new Command('bench:isolation')
  .description('Measure what a test costs in each way of keeping it apart from the others, in milliseconds.')
  .addOption(new Option('--engine <name>', 'which server').choices(known).default('embedded-17'))
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText('after', '\nExit status: 0 measured, 2 it could not be.')

await runVerb(command, async ({ engine: name, json = false }: { engine: string; json?: boolean }) => {
  const figures = await isolationCosts(engineNamed(name), say)
  process.stdout.write(
    json ? `${JSON.stringify({ engine: name, figures }, null, 2)}\n` : figuresTable(figures),
  )
  return true
})
