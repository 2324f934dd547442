/** Paths as the caller means them: npm runs its scripts in the folder of package.json, and says where it was called. */
import { resolve } from 'node:path'
import type { Command } from 'commander'

/** Where the caller of a verb stands. What npm says is meant for the script that it runs, and for no verb that this one runs. */
export function callerFolder(command: Command): string {
  const script = process.env['npm_lifecycle_event']
  const isMeant = script === command.name() || script?.startsWith(`${command.name()}:`)
  return (isMeant && process.env['INIT_CWD']) || process.cwd()
}

/** A path that the caller of a verb has named. */
export function fromCaller(command: Command, path: string): string {
  return resolve(callerFolder(command), path)
}

/** Makes of every file or folder that an option of a verb was given the one that its caller means. */
export function pathsFromCaller(command: Command): void {
  if (callerFolder(command) === process.cwd()) return
  for (const option of command.options) {
    const name = option.attributeName()
    if (!/<(file|folder|path)>/.test(option.flags) || command.getOptionValueSource(name) !== 'cli') continue
    const given: string | readonly string[] = command.getOptionValue(name)
    const meant =
      typeof given === 'string' ? fromCaller(command, given) : given.map((path) => fromCaller(command, path))
    command.setOptionValueWithSource(name, meant, 'cli')
  }
}
