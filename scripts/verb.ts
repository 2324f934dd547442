/** What all verbs share: how they parse, fail and exit, and that no secret leaves them. */
import { type Command, CommanderError } from 'commander'
import type { Redaction } from '../conformance/connection/index.ts'
import { cleanOutput } from './clean-output.ts'
import { pathsFromCaller } from './from-caller.ts'
import { onceOrphaned } from './until-interrupted.ts'

/** Exit statuses of every verb. */
const STATUS = { holds: 0, finding: 1, notChecked: 2 } as const

/** What ends a verb from outside: Ctrl-C, whoever asks for it, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A line for the person at the terminal. Standard output belongs to the result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Parses the arguments and runs a verb. `work` answers whether everything holds; an error it throws means that nothing
 * was found out, and is told in one sentence. Sets the exit status: 0 holds, 1 a finding, 2 could not check.
 *
 * Interrupted, or left behind by npm, it ends with 2, and what it has made is taken away as at any other end: see `atExit`.
 *
 * Whatever the process prints from here on is cleaned of the secrets it was started with, and of those that `work` learns.
 */
export async function runVerb<Options extends object>(
  command: Command,
  work: (options: Options, secrets: Redaction) => Promise<boolean>,
): Promise<void> {
  const secrets = cleanOutput()
  process.on('uncaughtException', (error) => {
    say(`Could not check: ${reasonOf(error)}`)
    process.exit(STATUS.notChecked)
  })
  endWhenInterrupted()
  command.exitOverride().allowExcessArguments(false).showHelpAfterError('(--help shows the options)')
  // Until something is known, nothing is: should this process end early, it must not look like success.
  process.exitCode = STATUS.notChecked
  try {
    command.parse()
    pathsFromCaller(command)
    process.exitCode = (await work(command.opts<Options>(), secrets)) ? STATUS.holds : STATUS.finding
  } catch (error) {
    process.exitCode = STATUS.notChecked
    if (error instanceof CommanderError) {
      // Commander has already said what was wrong; asking for help is no error.
      if (error.exitCode === 0) process.exitCode = STATUS.holds
      return
    }
    say(`Could not check: ${reasonOf(error)}`)
  }
}

/** Exits at a signal, for by default a process dies of it and undoes nothing. A verb that listens itself has the first one. */
function endWhenInterrupted(): void {
  let isInterrupted = false
  for (const signal of SIGNALS)
    process.on(signal, () => {
      isInterrupted = true
      if (process.listenerCount(signal) > 1) return
      say(`Could not check: interrupted by ${signal}.`)
      process.exit(STATUS.notChecked)
    })
  // npm passes on no SIGTERM. Started without it, a verb may be meant to outlive its shell.
  if (process.env['npm_lifecycle_event'] === undefined) return
  // A verb that is ending already is left to it.
  onceOrphaned(() => isInterrupted || process.kill(process.pid, 'SIGTERM'))
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
