import type { Answer } from '../engines/index.ts'

/** How rows are printed: values of a row joined by `|`, NULL as nothing, and neither headers nor counts. */
export interface Display {
  lines(answer: Answer): string[]
  /**
   * Takes a command that says how to print. Answers false for one that does not, or that wants what is no TAP: headers,
   * aligned columns, another format.
   */
  take(name: string, given: readonly string[]): boolean
}

type Accepts = (value: string) => boolean

const isOff: Accepts = (value) => ['off', 'false', 'no', '0'].includes(value.toLowerCase())
const isNotOff: Accepts = (value) => !isOff(value)
const whatever: Accepts = () => true

/**
 * Commands that may be given since they ask for what is so, or change nothing of it. Files that are written for plain psql
 * turn unaligned rows without headers on by `\a` and `\t`; here they are on, so toggling is not taken by its word.
 */
const commands: Readonly<Record<string, Accepts>> = {
  a: whatever,
  t: isNotOff,
  x: isOff,
  C: whatever,
  timing: whatever,
  encoding: (value) => /^(utf-?8|unicode)?$/i.test(value),
}

/** The same for the options of `\pset`. */
const options: Readonly<Record<string, Accepts>> = {
  format: (value) => value === 'unaligned',
  tuples_only: isNotOff,
  t: isNotOff,
  expanded: isOff,
  x: isOff,
  ...Object.fromEntries(
    ['border', 'columns', 'footer', 'linestyle', 'numericlocale', 'pager', 'pager_min_lines', 'title'].map(
      (name) => [name, whatever],
    ),
  ),
}

/** As `psql --no-align --tuples-only` begins. */
export function display(): Display {
  let separator = '|'
  let blank = ''
  let muted = false
  return {
    lines({ columns, rows }) {
      if (muted || columns.length === 0) return []
      const printed = rows.map((row) => row.map((value) => value ?? blank).join(separator))
      return printed.flatMap((row) => row.split('\n'))
    },
    take(name, [option = '', value = '']) {
      if (name === 'o' || name === 'out') {
        muted = option === '/dev/null'
        return muted || option === ''
      }
      if (name !== 'pset') return commands[name]?.(option) ?? false
      if (option === 'null') blank = value
      else if (option === 'fieldsep') separator = value
      else return options[option]?.(value) ?? false
      return true
    },
  }
}
