import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Answer, Session } from '../engines/index.ts'
import { display } from './display.ts'
import { refusalOf } from './refusals.ts'
import { Refused, ScriptError } from './script-error.ts'
import { type Piece, ScriptReader } from './script-reader.ts'
import { type Note, StatementRunner } from './statement-runner.ts'
import type { Variables } from './variables.ts'

type Command = Extract<Piece, { kind: 'command' }>
type Lines = AsyncGenerator<string, void, undefined>

/** The world a file is played in. */
export interface PlayOptions {
  readonly session: Session
  readonly variables: Variables
  /** What paths start from, those of `\i` among them: the folder that psql would have been started in. */
  readonly folder: string
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
  readonly #note: Note
  readonly #runner: StatementRunner
  readonly #display = display()
  #previous: string | undefined

  constructor({ session, variables, folder, note }: PlayOptions) {
    this.#variables = variables
    this.#folder = folder
    this.#note = note
    this.#runner = new StatementRunner(session, variables, note)
  }

  async *play(path: string): Lines {
    const reader = new ScriptReader(
      path,
      await readFile(resolve(this.#folder, path), 'utf8'),
      this.#variables,
    )
    for (let piece = reader.next(); piece; piece = reader.next()) {
      if (piece.kind === 'statement') yield* this.#print(await this.#run(piece.sql, piece.place))
      else if (piece.name === 'q' || piece.name === 'quit') return
      else yield* this.#command(piece, reader, path)
    }
  }

  async #run(sql: string, place: string): Promise<Answer | undefined> {
    this.#previous = sql
    return this.#runner.run(sql, place)
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
    else if (name === 'i' || name === 'include') yield* this.#include(command, '')
    else if (name === 'ir' || name === 'include_relative') yield* this.#include(command, dirname(path))
    else if (name === 'g' && given.length === 0) yield* this.#print(await this.#pending(command, reader))
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
    yield* this.play(path)
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
