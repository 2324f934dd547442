import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Answer, Session } from '../engines/index.ts'
import { copyCommandOf, sendsData, takesData } from './copy-data.ts'
import { display } from './display.ts'
import { readScript } from './read-script.ts'
import { refusalOf } from './refusals.ts'
import { Refused, ScriptError } from './script-error.ts'
import { type Piece, ScriptReader } from './script-reader.ts'
import { type Note, StatementRunner } from './statement-runner.ts'
import type { Variables } from './variables.ts'

type Statement = Extract<Piece, { kind: 'statement' }>
type Command = Extract<Piece, { kind: 'command' }>
type Lines = AsyncGenerator<string, void, undefined>

/** How deep files may include each other. */
const DEEPEST = 32

/** The world a file is played in. */
export interface PlayOptions {
  readonly session: Session
  readonly variables: Variables
  /** What paths start from. */
  readonly folder: string
  /** The folder that psql would have been started in, from there: `\i` and `\copy` look in it. Default: the same. */
  readonly startedIn?: string | undefined
  readonly note: Note
}

/**
 * Plays a file as `psql --no-align --tuples-only --quiet --file` does, and yields what that prints, line by line: whoever
 * stops asking stops it. Throws {@link ScriptError} where the file stops by itself, {@link Refused} where it asks for what is
 * not done here.
 */
export async function* playFile(path: string, options: PlayOptions): Lines {
  yield* new FilePlayer(options).play(path)
}

class FilePlayer {
  readonly #variables: Variables
  readonly #folder: string
  readonly #startedIn: string
  readonly #note: Note
  readonly #runner: StatementRunner
  readonly #session: Session
  readonly #display = display()
  #previous: string | undefined
  #bound: readonly string[] = []
  /** How many files include each other at this moment. */
  #depth = 0

  constructor({ session, variables, folder, startedIn = '', note }: PlayOptions) {
    this.#startedIn = startedIn
    this.#variables = variables
    this.#folder = folder
    this.#note = note
    this.#session = session
    this.#runner = new StatementRunner(session, variables, note)
  }

  async *play(path: string): Lines {
    const text = await readScript(resolve(this.#folder, path), path)
    const reader = new ScriptReader(path, text, this.#variables)
    for (let piece = reader.next(); piece; piece = reader.next()) {
      if (piece.kind === 'statement') yield* this.#statement(piece, reader)
      else if (piece.name === 'q' || piece.name === 'quit') return
      else yield* this.#command(piece, reader, path)
    }
  }

  async *#statement({ sql, place }: Statement, reader: ScriptReader): Lines {
    if (takesData(sql)) await this.#runner.copyIn(sql, place, reader.takeData())
    else if (sendsData(sql)) yield* await this.#runner.copyOut(sql, place)
    else yield* this.#print(await this.#run(sql, place))
  }

  async #run(sql: string, place: string): Promise<Answer | undefined> {
    this.#previous = sql
    const values = this.#bound
    this.#bound = []
    return this.#runner.run(sql, place, values)
  }

  *#print(answer: Answer | undefined): Generator<string> {
    if (answer) yield* this.#display.lines(answer)
  }

  async *#command(command: Command, reader: ScriptReader, path: string): Lines {
    const { name, arguments: given, place } = command
    if ((name === 'echo' || name === 'qecho') && given[0] !== '-n') yield given.join(' ')
    else if (name === 'warn') this.#note(given.join(' '))
    else if (name === 'set') this.#set(command)
    else if (name === 'unset') this.#variables.unset(given[0] ?? '')
    else if (name === 'r' || name === 'reset') reader.takePending()
    else if (name === 'i' || name === 'include') yield* this.#include(command, this.#startedIn)
    else if (name === 'ir' || name === 'include_relative') yield* this.#include(command, dirname(path))
    else if (name === 'bind') this.#bound = given
    else if (name === 'conninfo') yield await this.#connection()
    else if (name === 'copy') yield* this.#copy(command, reader)
    else if ((name === 'c' || name === 'connect') && (await this.#isHere(given))) await this.#reconnect()
    else if (name === 'g' && (given.length === 0 || this.#changesNothing(given)))
      yield* this.#print(await this.#pending(command, reader))
    else if (name === 'gset') this.#keep(await this.#pending(command, reader), command)
    else if (name === 'gexec') yield* this.#execute(await this.#pending(command, reader), place)
    else if (!this.#display.take(name, given)) throw new Refused(refusalOf(name, given), place)
  }

  #set({ arguments: given, place }: Command): void {
    const [variable, ...values] = given
    if (variable === undefined)
      throw new Refused('\\set without a name prints a list for people, which is not done here.', place)
    try {
      this.#variables.set(variable, values.join(''))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw variable === 'AUTOCOMMIT'
        ? new Refused(error.message, place)
        : new ScriptError(error.message, place)
    }
  }

  async *#include({ name, arguments: given, place }: Command, folder: string): Lines {
    const file = given[0]?.replace(/;+$/, '')
    if (!file) throw new ScriptError(`\\${name} names no file.`, place)
    const path = isAbsolute(file) ? file : join(folder, file)
    // How pgTAP was loaded before there were extensions.
    if (basename(path) === 'pgtap.sql' && !existsSync(resolve(this.#folder, path))) return
    if (!existsSync(resolve(this.#folder, path)))
      throw new ScriptError(`\\${name} names ${path}, and there is no such file.`, place)
    if (this.#depth >= DEEPEST)
      throw new ScriptError(
        `\\${name} names ${path}, and files include each other ${DEEPEST} deep: does one include itself?`,
        place,
      )
    this.#depth += 1
    try {
      yield* this.play(path)
    } finally {
      this.#depth -= 1
    }
  }

  /** `\\copy`: as COPY, with what the client reads from a file of its own. Nothing is written but what is printed. */
  async *#copy({ rest, place }: Command, reader: ScriptReader): Lines {
    const asked = copyCommandOf(rest)
    if (!asked) throw new ScriptError(`\\copy ${rest} cannot be read: expected TABLE from FILE.`, place)
    const { what, direction, where, options } = asked
    if (direction === 'to') {
      if (where.toLowerCase() !== 'stdout')
        throw new Refused(`\\copy ${rest} is not done here: no file is written.`, place)
      yield* await this.#runner.copyOut(`copy ${what} to stdout${options}`, place)
    } else {
      const inline = ['stdin', 'pstdin'].includes(where.toLowerCase())
      const data = inline
        ? reader.takeData()
        : await readScript(resolve(this.#folder, this.#startedIn, where), where)
      await this.#runner.copyIn(`copy ${what} from stdin${options}`, place, data)
    }
  }

  async #connection(): Promise<string> {
    const [row] = await this.#session.query('select current_database() as database, session_user as "user"')
    return `You are connected to database "${row?.['database']}" as user "${row?.['user']}".`
  }

  /** Whether `\\connect` asks for what there is: this database, as this user. */
  async #isHere([database = '-', user = '-', host = '-', port = '-']: readonly string[]): Promise<boolean> {
    const [row] = await this.#session.query('select current_database() as database, session_user as "user"')
    const same = (asked: string, here: string | null | undefined) => asked === '-' || asked === here
    return same(database, row?.['database']) && same(user, row?.['user']) && host === '-' && port === '-'
  }

  /** What a new connection begins with: no transaction, no settings, nothing temporary. */
  async #reconnect(): Promise<void> {
    await this.#session.run('rollback')
    await this.#session.run('discard all')
  }

  /** `\\g (format=unaligned tuples_only=on)`: whether each of the options asks for what is so. */
  #changesNothing(given: readonly string[]): boolean {
    const options = /^\((.*)\)$/s.exec(given.join(' '))?.[1]
    if (options === undefined) return false
    return options
      .trim()
      .split(/\s+/)
      .every((option) => {
        const [name = '', value = ''] = option.split('=')
        return !['null', 'fieldsep'].includes(name) && this.#display.take('pset', [name, value])
      })
  }

  /** Runs the statement before the command, or the last one again when there is none. */
  async #pending({ name, place }: Command, reader: ScriptReader): Promise<Answer | undefined> {
    const pending = reader.takePending()
    const sql = pending?.sql ?? this.#previous
    if (sql === undefined) throw new ScriptError(`\\${name} has no statement before it.`, place)
    return this.#run(sql, pending?.place ?? place)
  }

  /** `\gset`: each column becomes a variable; NULL unsets it. */
  #keep(answer: Answer | undefined, { arguments: [prefix = ''], place }: Command): void {
    if (!answer) return
    const [row] = answer.rows
    if (!row || answer.rows.length > 1)
      throw new ScriptError(`\\gset takes exactly one row, and there are ${answer.rows.length}.`, place)
    answer.columns.forEach(({ name }, i) => {
      const value = row[i]
      if (value === null || value === undefined) this.#variables.unset(prefix + name)
      else this.#variables.set(prefix + name, value)
    })
  }

  /** `\gexec`: each value is a statement. */
  async *#execute(answer: Answer | undefined, place: string): Lines {
    for (const sql of answer?.rows.flat() ?? []) {
      if (sql !== null) yield* this.#print(await this.#run(sql, place))
    }
  }
}
