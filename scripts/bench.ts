/** `npm run bench` and `bench:NAME`: what the product costs beside what a team would write itself. See docs/scale.md. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { BENCHMARKS, type Benchmark, measured, ratiosText } from '../conformance/bench/index.ts'
import { callerFolder } from './from-caller.ts'
import { writableFolder } from './reports.ts'
import { runVerb, say } from './verb.ts'

interface Options {
  readonly records: number
  readonly keep?: string
  readonly json?: boolean
  readonly markdown?: boolean
}

const command: Command = new Command('bench')
  .description(
    'Measure what the product costs beside what a team would write itself, both in turns, on embedded PostgreSQL 17.',
  )
  .addArgument(
    new Argument('[benchmarks...]', 'which; all of them if none is named').choices([...BENCHMARKS]),
  )
  .option('--records <number>', 'how many records the views are measured on', asCount, 100_000)
  .option('--keep <folder>', 'keep the data in this folder, for the next run with as many records', (text) =>
    writableFolder(text, callerFolder(command)),
  )
  .option('--json', 'print one JSON object')
  .option('--markdown', 'print a Markdown table')
  .addHelpText(
    'after',
    '\nExit status: 0 every ratio is as promised, 1 one is not, 2 it could not be measured.',
  )

await runVerb(command, async ({ records, keep, json = false, markdown = false }: Options) => {
  const which = command.processedArgs[0] as readonly Benchmark[]
  const result = await measured(
    which.length > 0 ? which : BENCHMARKS,
    { records, ...(keep ? { keepIn: keep } : {}) },
    say,
  )
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : ratiosText(result, markdown))
  return result.ratios.every(({ ratio, atMost }) => atMost === undefined || ratio <= atMost)
})

function asCount(text: string): number {
  if (/^[1-9]\d{3,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of records: expected 1000 to 999999999.')
}
