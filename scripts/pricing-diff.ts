/** `npm run pricing:diff`: what lists of prices would change. See docs/prices.md. */
import { Command, Option } from 'commander'
import type { Known } from '../conformance/pricing/index.ts'
import { addDatabaseOptions, OF_A_DATABASE, withDatabase } from './database.ts'
import { addTakenOptions, listReader, type TakenOptions, takenBy, today } from './pricing-options.ts'
import { runVerb, say } from './verb.ts'

const command = new Command('pricing:diff')
  .description('What price lists would change, against the migrations or a database, which is only read.')
  .argument('<sheet...>', "price sheets, LiteLLM's or models.dev's list, CSV; NAME=FILE gives one a name")
  .addOption(
    new Option('--from <sheet>', 'compare with this list instead of a database').conflicts([
      ...OF_A_DATABASE,
    ]),
  )
  .option('--all', 'name everything, also what is many')
addTakenOptions(command)
addDatabaseOptions(command).addHelpText(
  'after',
  '\nExit status: 0 nothing that would change is unsafe, 1 something is, 2 nothing could be compared.',
)

interface Options extends TakenOptions {
  readonly all?: boolean
  readonly from?: string
}

await runVerb(command, async ({ all = false, today: day = today(), from, provider }: Options, secrets) => {
  const pricing = await import('../conformance/pricing/index.ts')
  const taken = await takenBy(command, day)
  const read = await listReader(command)
  const lists = command.args.map(read)
  const told = (known: Known) => {
    const proposal = pricing.propose(lists, known, taken)
    const noticed = pricing.judge(proposal)
    say(
      pricing.listsText(
        lists.map((list) => pricing.ofProviders(list, provider)),
        all,
      ),
    )
    process.stdout.write(`${pricing.diffText(proposal, all)}\n`)
    process.stdout.write(pricing.noticedText(noticed, all))
    return pricing.unsafe(noticed).length === 0
  }
  if (from !== undefined) {
    const list = read(from)
    pricing.mustHaveProviders(provider, [...lists, list])
    return told(pricing.knownOf(pricing.ofProviders(list, provider), `${day}T00:00:00Z`))
  }
  return withDatabase(command, secrets, async ({ session }) => told(await pricing.readKnown(session)))
})
