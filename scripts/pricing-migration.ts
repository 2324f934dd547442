/** `npm run pricing:migration`: from a price sheet to a migration. See docs/prices.md. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Known } from '../conformance/pricing/index.ts'
import { addDatabaseOptions, OF_A_DATABASE, withDatabase } from './database.ts'
import { callerFolder, fromCaller } from './from-caller.ts'
import { addTakenOptions, asReason, listReader, type TakenOptions, takenBy } from './pricing-options.ts'
import { writableFolder } from './reports.ts'
import { runVerb, say } from './verb.ts'

interface Options extends TakenOptions {
  readonly from?: string
  readonly accept?: Readonly<Record<string, string>>
  readonly name?: string
  readonly title?: string
  readonly out: string
  readonly check?: boolean
}

const command = new Command('pricing:migration')
  .description(
    'Write a migration that brings the price lists to what a sheet says, and keep the sheet beside it.',
  )
  .argument('<sheet...>', "price sheets, LiteLLM's or models.dev's list, CSV; NAME=FILE gives one a name")
  .option('--accept <key=reason>', 'why what a check calls unsafe is right; may be given again', asReason)
  .addOption(
    new Option('--from <sheet>', 'what is in force is this list, instead of a database').conflicts([
      ...OF_A_DATABASE,
    ]),
  )
  .option('--title <text>', 'the heading of the migration (default: the title of the sheet)')
  .option('--name <version_name>', 'the name of both files (default: from the day of the sheet)', asName)
  .option('--out <folder>', 'where migrations/ and prices/ are', asFolder, 'supabase')
  .option('--check', 'write nothing; say whether the files are what would be written')
addTakenOptions(command)
addDatabaseOptions(command).addHelpText(
  'after',
  '\nExit status: 0 written, or nothing to write, 1 something is unsafe and nothing was written, 2 nothing could be made.',
)

await runVerb(command, async (options: Options, secrets) => {
  const { migrations } = await import('../conformance/engines/index.ts')
  const pricing = await import('../conformance/pricing/index.ts')
  const read = await listReader(command)
  const lists = command.args.map(read)
  const day = options.today ?? pricing.latestDay(lists)
  const taken = await takenBy(command, day)
  const kept = keptName(command.args, options.out)
  const name = options.name ?? kept
  const makeOf = (known: Known) => {
    const proposal = pricing.propose(lists, known, taken)
    return { proposal, make: () => pricing.makeUpdate({ lists, proposal, options, name, day }) }
  }
  const made =
    options.from === undefined
      ? await withDatabase(
          command,
          secrets,
          async ({ session }) => {
            const { proposal, make } = makeOf(await pricing.readKnown(session))
            await pricing.refuseRetroactive(session, proposal)
            return make()
          },
          // Those that the file comes after: made again, it is the same.
          name === undefined ? {} : { migrations: migrations().filter((migration) => migration.name < name) },
        )
      : makeOf(pricing.knownOf(read(options.from), `${day}T00:00:00Z`)).make()
  process.stdout.write(pricing.noticedText(made.noticed, false))
  if (made.open.length > 0) {
    say('Nothing was written: compare what is unsafe with its source, then accept it, or correct the sheet.')
    return false
  }
  if (made.files === undefined) {
    say('Nothing changes: the price lists are what the sheet says.')
    return true
  }
  return keep(made.files, options)
})

/** Writes both files, whole or not at all; or says which differ. */
async function keep(
  files: Readonly<Record<string, string>>,
  { out, check = false }: Options,
): Promise<boolean> {
  const paths = Object.entries(files).map(([file, text]) => [join(out, file), text] as const)
  const stale = paths.filter(([path, text]) => textAt(path) !== text)
  for (const [path, text] of stale) await mustBeOurs(path, text)
  if (!check) write(stale)
  for (const [path] of paths) {
    const isStale = stale.some(([other]) => other === path)
    say(
      `${path} ${isStale ? (check ? 'is out of date: run the verb without --check' : 'is written') : 'is up to date'}.`,
    )
  }
  return !check || stale.length === 0
}

/** Throws for a migration that somebody has written by hand, and for one that is released with another text. */
async function mustBeOurs(path: string, text: string): Promise<void> {
  if (!path.endsWith('.sql')) return
  const { isMadeHere } = await import('../conformance/pricing/index.ts')
  const is = textAt(path)
  if (is !== undefined && !isMadeHere(is, basename(path, '.sql')))
    throw new Error(
      `${path} was not made by this verb, and is left as it is: give the migration another --name.`,
    )
  const { isReleasedOtherwise, manifestOf, readManifest } = await import('../conformance/predeploy/index.ts')
  const released = readManifest(manifestOf(dirname(path))) ?? []
  if (isReleasedOtherwise(released, { name: basename(path), bytes: Buffer.from(text) }))
    throw new Error(
      `${path} is released with another text, and released files do not change: give the migration another --name.`,
    )
}

/** What a file says. What is there and cannot be read is found in the way when it is written. */
function textAt(path: string): string | undefined {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
}

/** Writes files, each with its folder: all of them, or none. */
function write(files: readonly (readonly [path: string, text: string])[]): void {
  const undo: (() => void)[] = []
  let at = ''
  try {
    const drafts = files.map(([path, text]) => {
      const folder = dirname(path)
      at = folder
      const made = mkdirSync(folder, { recursive: true })
      if (made !== undefined) undo.push(() => rmSync(made, { recursive: true, force: true }))
      at = path
      const draft = `${path}.${process.pid}`
      undo.push(() => rmSync(draft, { force: true }))
      writeFileSync(draft, text)
      return { path, draft }
    })
    for (const { path, draft } of drafts) {
      at = path
      const former = existsSync(path) ? readFileSync(path) : undefined
      renameSync(draft, path)
      undo.push(() => (former === undefined ? rmSync(path, { force: true }) : writeFileSync(path, former)))
    }
  } catch (error) {
    for (const step of undo.reverse()) step()
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new Error(
      `${at} cannot be written (${why}), and nothing is: make way for it, or name another folder with --out.`,
    )
  }
}

/** The name of a sheet that is kept already: it makes the same migration again. */
function keptName(args: readonly string[], out: string): string | undefined {
  const [file] = args
  if (args.length !== 1 || file === undefined) return undefined
  const [name] = /^\d{14}_\w+(?=\.json$)/.exec(basename(file)) ?? []
  const isKept = resolve(out, 'prices', basename(file)) === fromCaller(command, file)
  return isKept ? name : undefined
}

function asFolder(text: string): string {
  return writableFolder(text, callerFolder(command))
}

function asName(text: string): string {
  if (/^\d{14}_[a-z0-9_]+$/.test(text)) return text
  throw new InvalidArgumentError('Expected YYYYMMDDHHMMSS_noun, in lower case.')
}
