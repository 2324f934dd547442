/** `npm run examples`: writes the spec of the documentation's examples, or with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { $ } from 'zx'
import { examplesSpec, examplesSpecFile } from '../conformance/pgtap/index.ts'
import { runVerb, say } from './verb.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const command = new Command('examples')
  .description('Write the spec that compiles and runs the example of each claim, from its documentation.')
  .option('--check', 'write nothing; say whether the spec is up to date')
  .addHelpText(
    'after',
    '\nExit status: 0 written or up to date, 1 out of date, 2 a claim has no example, or more than one.',
  )

await runVerb(command, async ({ check = false }: { check?: boolean }) => {
  const fresh = await formatted(examplesSpec())
  if (!check) writeFileSync(examplesSpecFile, fresh)
  const upToDate = readFileSync(examplesSpecFile, 'utf8') === fresh
  say(upToDate ? 'The examples are up to date.' : 'The examples are out of date: run `npm run examples`.')
  return upToDate
})

/** As the formatter would have it, so that the two do not fight over the file. */
async function formatted(text: string): Promise<string> {
  const run = $({ cwd: root, input: text, quiet: true })
  return (
    await run`npx --no-install biome check --write --stdin-file-path=conformance/specs/pgtap/examples.long.spec.ts`
  ).stdout
}
