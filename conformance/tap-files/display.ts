import type { Answer } from '../engines/index.ts'

/** `\pset` options that change nothing of unaligned rows without headers. */
const WITHOUT_EFFECT = [
  'border',
  'footer',
  'linestyle',
  'numericlocale',
  'pager',
  'pager_min_lines',
  'tableattr',
  'title',
  'columns',
  'recordsep',
]

/** How rows are printed: values of a row joined by `|`, NULL as nothing, and neither headers nor counts. */
export interface Display {
  lines(answer: Answer): string[]
  /**
   * Takes a command that says how to print. Answers false for one that does not, or that wants what is no TAP: headers,
   * aligned columns, another format.
   */
  take(name: string, given: readonly string[]): boolean
}

/** As `psql --no-align --tuples-only` begins. */
export function display(): Display {
  let separator = '|'
  let null_ = ''
  let muted = false
  return {
    lines: ({ columns, rows }) =>
      muted || columns.length === 0
        ? []
        : rows.flatMap((row) =>
            row
              .map((value) => value ?? null_)
              .join(separator)
              .split('\n'),
          ),
    take(name, given) {
      const [option, value = ''] = given
      if (name === 'o' || name === 'out') {
        muted = option === '/dev/null'
        return muted || option === undefined
      }
      // Files that are written for plain psql turn these on. Here they are, so toggling is not taken by its word.
      if (['t', 'a', 'timing', 'encoding', 'C'].includes(name))
        return option === undefined || name !== 't' || !isOff(option)
      if (name !== 'pset' || option === undefined) return false
      if (option === 'null') null_ = value
      else if (option === 'fieldsep') separator = value
      else if (option === 'format') return value === 'unaligned'
      else if (option === 'tuples_only' || option === 't') return !isOff(value)
      else if (option === 'expanded' || option === 'x') return isOff(value)
      else return WITHOUT_EFFECT.includes(option)
      return true
    },
  }
}

function isOff(value: string): boolean {
  return ['off', 'false', 'no', '0'].includes(value.toLowerCase())
}
