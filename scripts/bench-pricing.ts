/** `npm run bench:pricing`: how long reading, comparing and a replay take, and that the sums are exact. */
import { Command, InvalidArgumentError } from 'commander'
import { pricingHolds } from '../conformance/bench/index.ts'
import { runVerb, say } from './verb.ts'

const command = new Command('bench:pricing')
  .description('Measure a list of 3,000 models, and a replay of a million records on embedded PostgreSQL 17.')
  .option('--records <number>', 'how many records', asCount, 1_000_000)
  .addHelpText('after', '\nExit status: 0 within the bounds and exact, 1 not, 2 it could not be measured.')

await runVerb(command, async ({ records }: { records: number }) => pricingHolds(records, say))

function asCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of records.')
}
