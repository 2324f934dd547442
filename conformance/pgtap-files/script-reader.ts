import { Nesting, type SqlToken, sqlTokenAt } from '../engines/index.ts'
import { Branches } from './branches.ts'
import { commandLineAt } from './command-line.ts'
import { ScriptError } from './script-error.ts'
import { booleanOf, type Variables } from './variables.ts'

/** A statement, without its semicolon, or a backslash command; and `file:line` of its beginning. */
export type Piece =
  | { readonly kind: 'statement'; readonly sql: string; readonly place: string }
  | {
      readonly kind: 'command'
      readonly name: string
      readonly arguments: readonly string[]
      /** Its arguments as they are written. */
      readonly rest: string
      readonly place: string
    }

/** Text that is being read: the file, or the value of a variable in it. */
interface Frame {
  readonly text: string
  at: number
  readonly variable?: string
}

/**
 * A file in psql's language, read piece by piece: variables are looked up when their place is reached, so that what ran
 * before may have set them. Only branches that are taken come out.
 */
export class ScriptReader {
  readonly #file: string
  readonly #variables: Variables
  readonly #frames: Frame[]
  readonly #branches = new Branches()
  #line = 1
  #pending = ''
  #pendingLine = 1
  #nesting = new Nesting()

  constructor(file: string, text: string, variables: Variables) {
    this.#file = file
    this.#variables = variables
    this.#frames = [{ text, at: 0 }]
  }

  /** The next piece; at the end, a last statement without a semicolon. Throws {@link ScriptError} for what cannot be read. */
  next(): Piece | undefined {
    for (let frame = this.#frame(); frame; frame = this.#frame()) {
      const piece = this.#step(frame)
      if (piece) return piece
    }
    if (this.#branches.depth > 0)
      throw new ScriptError('An \\if is not closed: \\endif is missing.', this.#place())
    return this.takePending()
  }

  /** The statement that has been begun, for a command such as `\gset` that runs it. The next one starts anew. */
  takePending(): Extract<Piece, { kind: 'statement' }> | undefined {
    const sql = this.#pending.trimEnd()
    const place = this.#place(this.#pendingLine)
    this.#pending = ''
    this.#nesting = new Nesting()
    return sql === '' ? undefined : { kind: 'statement', sql, place }
  }

  /** The lines after this one up to `\\.`, or to the end: what follows a `copy … from stdin`. */
  takeData(): string {
    const frame = this.#frames[0]
    if (!frame) return ''
    const begin = frame.text.indexOf('\n', frame.at) + 1
    const rest = begin === 0 ? '' : frame.text.slice(begin)
    const [closing] = /^\\\.\r?$/m.exec(rest) ?? []
    const end = closing === undefined ? rest.length : rest.search(/^\\\.\r?$/m)
    this.#advance(frame, (begin || frame.text.length) + end + (closing?.length ?? 0))
    return rest.slice(0, end)
  }

  /** One token. */
  #step(frame: Frame): Piece | undefined {
    const { text, at } = frame
    if (text[at] === '\\') return this.#backslash(frame)
    if (!this.#branches.taken) {
      this.#advance(frame, sqlTokenAt(text, at).end)
      return undefined
    }
    if (text[at] === ';' && !this.#nesting.hides) {
      this.#advance(frame, at + 1)
      return this.takePending()
    }
    if (text[at] === ':') this.#colon(frame)
    else this.#keep(frame, sqlTokenAt(text, at))
    return undefined
  }

  #backslash(frame: Frame): Piece | undefined {
    const { text, at } = frame
    if (text[at + 1] === ';') {
      // psql sends what is joined by `\;` together. One by one the answers are the same; in a transaction so are the effects.
      this.#advance(frame, at + 1)
      return undefined
    }
    const place = this.#place()
    const looked = (name: string) => (this.#branches.taken || name === 'elif' ? this.#variables : undefined)
    const { name, arguments: given, rest, end } = commandLineAt(text, at, looked, place)
    this.#advance(frame, end)
    if (this.#branch(name, given, place) || !this.#branches.taken) return undefined
    return { kind: 'command', name, arguments: given, rest, place }
  }

  #branch(name: string, given: readonly string[], place: string): boolean {
    try {
      return this.#branches.take(name, () => condition(given))
    } catch (error) {
      throw error instanceof RangeError ? new ScriptError(error.message, place) : error
    }
  }

  #colon(frame: Frame): void {
    const { text, at } = frame
    const operator = /^:[:=]/.test(text.slice(at, at + 2))
    const found = operator ? undefined : this.#variables.at(text, at)
    if (!found) {
      this.#keep(frame, { kind: 'sign', end: at + (operator ? 2 : 1) })
    } else if (found.name === undefined) {
      // Quoted, and so a token of its own.
      this.#begin()
      this.#pending += found.value
      this.#nesting.take('quoted', found.value)
      this.#advance(frame, found.end)
    } else if (this.#frames.some(({ variable }) => variable === found.name)) {
      this.#keep(frame, { kind: 'sign', end: found.end }) // it would never end
    } else {
      this.#advance(frame, found.end)
      this.#frames.push({ text: found.value, at: 0, variable: found.name })
    }
  }

  /** Adds the text up to `end` to the statement; blanks do not begin one. */
  #keep(frame: Frame, { kind, end }: SqlToken): void {
    const text = frame.text.slice(frame.at, end)
    if (kind !== 'blank') {
      this.#begin()
      this.#nesting.take(kind, text)
    }
    if (kind !== 'blank' || this.#pending !== '') this.#pending += text
    this.#advance(frame, end)
  }

  #begin(): void {
    if (this.#pending === '') this.#pendingLine = this.#line
  }

  #advance(frame: Frame, end: number): void {
    if (frame.variable === undefined) this.#line += frame.text.slice(frame.at, end).split('\n').length - 1
    frame.at = end
  }

  #frame(): Frame | undefined {
    while (this.#frames.length > 0) {
      const frame = this.#frames.at(-1)
      if (frame && frame.at < frame.text.length) return frame
      this.#frames.pop()
    }
    return undefined
  }

  #place(line = this.#line): string {
    return `${this.#file}:${line}`
  }
}

function condition(given: readonly string[]): boolean {
  const text = given.join(' ')
  const holds = booleanOf(text)
  if (holds === undefined)
    throw new RangeError(`"${text}" is neither true nor false: \\if takes on or off, set it with \\gset.`)
  return holds
}
