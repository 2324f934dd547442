import { Refused, ScriptError } from './script-error.ts'
import type { Variables } from './variables.ts'

/** A backslash command: `\name argument argument`. */
export interface CommandLine {
  readonly name: string
  readonly arguments: readonly string[]
  /** The rest of its line as it is written, for the commands that take it so. */
  readonly rest: string
  /** Where it ends: at the line's end, at the next backslash, or after `\\`. */
  readonly end: number
}

/** One part of an argument. A reference to a variable is looked at before it, and one to none keeps its quotes. */
const part = /'((?:[^'\\\n]|''|\\[^\n])*)'|("[^"\n]*")|([^\s\\'"`:]+|:'[\w\u0080-\uffff]+'|:)/y
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', r: '\r', f: '\f' }

/**
 * Reads the command whose backslash stands at `from`. Where `variablesOf` its name answers none, its arguments are taken as
 * they are written: that is how a branch that is not taken is read. Throws {@link ScriptError} for a quote that is not closed.
 */
export function commandLineAt(
  text: string,
  from: number,
  variablesOf: (name: string) => Variables | undefined,
  place: string,
): CommandLine {
  const [name = ''] = /^[^\s\\]*/.exec(text.slice(from + 1)) ?? []
  const variables = variablesOf(name)
  if (name === 'copy') {
    // Its line is not split into arguments: it is SQL, in which a reference to a variable is none.
    const end = lineEnd(text, from)
    const rest = text.slice(from + 1 + name.length, end).trim()
    return { name, arguments: [rest], rest, end }
  }
  const given: string[] = []
  let at = from + 1 + name.length
  while (true) {
    at += /^[^\S\n]*/.exec(text.slice(at))?.[0].length ?? 0
    if (at >= text.length || text[at] === '\n' || text[at] === '\\') break
    const argument = argumentAt(text, at, variables, place)
    given.push(argument.value)
    at = argument.end
  }
  return { name, arguments: given, rest: given.join(' '), end: text.startsWith('\\\\', at) ? at + 2 : at }
}

function argumentAt(text: string, from: number, variables: Variables | undefined, place: string) {
  let value = ''
  let at = from
  while (at < text.length && !/[\s\\]/.test(text[at] ?? '')) {
    const reference = variables?.at(text, at)
    if (reference) {
      value += reference.value
      at = reference.end
      continue
    }
    part.lastIndex = at
    const [found, quoted, doubleQuoted, plain] = part.exec(text) ?? []
    if (found === undefined) {
      if (!variables) return { value, end: lineEnd(text, at) }
      if (text[at] === '`')
        throw new Refused('A command in backquotes is not run: set the variable with --set.', place)
      throw new ScriptError('A quote is not closed before the end of the line.', place)
    }
    value += quoted === undefined ? (doubleQuoted ?? plain) : unescaped(quoted)
    at += found.length
  }
  return { value, end: at }
}

function unescaped(quoted: string): string {
  return quoted.replace(
    /''|\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})|\\(.)/g,
    (_, octal?: string, hex?: string, letter?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      return letter === undefined ? "'" : (escapes[letter] ?? letter)
    },
  )
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
