/** What all verbs share: how they parse, fail and exit. */
import { type Command, CommanderError } from 'commander'

/** Exit statuses of every verb. */
const STATUS = { holds: 0, finding: 1, notChecked: 2 } as const

/** A line for the person at the terminal. Standard output belongs to the result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Parses the arguments and runs a verb. `work` answers whether everything holds; an error it throws means that nothing
 * was found out, and is told in one sentence. Sets the exit status: 0 holds, 1 a finding, 2 could not check.
 */
export async function runVerb<Options extends object>(
  command: Command,
  work: (options: Options) => Promise<boolean>,
): Promise<void> {
  command.exitOverride().allowExcessArguments(false).showHelpAfterError('(--help shows the options)')
  // Until something is known, nothing is: should this process end early, it must not look like success.
  process.exitCode = STATUS.notChecked
  try {
    command.parse()
    process.exitCode = (await work(command.opts<Options>())) ? STATUS.holds : STATUS.finding
  } catch (error) {
    process.exitCode = STATUS.notChecked
    if (error instanceof CommanderError) {
      // Commander has already said what was wrong; asking for help is no error.
      if (error.exitCode === 0) process.exitCode = STATUS.holds
      return
    }
    say(`Could not check: ${error instanceof Error ? error.message : String(error)}`)
  }
}
