/** `npm run pricing:vectors`: writes the golden cost vectors, or with --check only says whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { addDatabaseOptions, withDatabase } from './database.ts'
import { runVerb, say } from './verb.ts'

const command = new Command('pricing:vectors')
  .description('Write what calls of every kind cost under the current price list: supabase/prices/costs.tsv.')
  .option('--check', 'write nothing; say whether the file is up to date')
addDatabaseOptions(command).addHelpText(
  'after',
  '\nExit status: 0 written or up to date, 1 out of date, 2 nothing could be calculated.',
)

await runVerb(command, async ({ check = false }: { check?: boolean }, secrets) => {
  const { readKnown, VECTORS_FILE, vectorsText } = await import('../conformance/pricing/index.ts')
  const text = await withDatabase(command, secrets, async ({ session }) =>
    vectorsText(session, await readKnown(session)),
  )
  if (!check) writeFileSync(VECTORS_FILE, text)
  const isFresh = readFileSync(VECTORS_FILE, 'utf8') === text
  say(`${VECTORS_FILE} is ${isFresh ? 'up to date' : 'out of date: run `npm run pricing:vectors`'}.`)
  return isFresh
})
