/** `npm run bench:loop`: what one waits for at every change, here and at another commit, in turns. */
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { loopCosts, loopTable } from '../conformance/bench/index.ts'
import { commitOf } from '../conformance/git/index.ts'
import { runVerb, say } from './verb.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const command = new Command('bench:loop')
  .description('Measure npm test with a named file, and verify:phase1, against those of another commit.')
  .option('--base <ref>', 'the other commit', 'main')
  .option('--rounds <n>', 'how often each command is run in each checkout', asRounds, 3)
  .option('--whole', 'also npm test itself, which takes a minute a round and checkout')
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText('after', '\nExit status: 0 measured, 2 it could not be.')

interface Options {
  readonly base: string
  readonly rounds: number
  readonly whole?: boolean
  readonly json?: boolean
}

await runVerb(command, async ({ base, rounds, whole = false, json = false }: Options) => {
  const figures = await loopCosts({ base: commitOf(root, base, '--base'), rounds, whole }, say)
  process.stdout.write(json ? `${JSON.stringify({ base, figures }, null, 2)}\n` : loopTable(figures, base))
  return true
})

function asRounds(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of rounds: expected 1 to 99.')
}
