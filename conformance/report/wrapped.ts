import wrapAnsi from 'wrap-ansi'

/** What a terminal has at least. */
const COLUMNS = 80

/** Lines that fit beside an indent, whatever the script; continued below their own beginning. Words too long are cut. */
export function wrapped(text: string, indent: number): string {
  return text
    .split('\n')
    .map((line) => {
      // Deeper lines are continued further to the left: there has to be room for words.
      const [, own = '', words = ''] = /^( {0,40})(.*)$/.exec(line) ?? []
      const room = COLUMNS - indent - own.length
      return indented(wrapAnsi(words, room, { hard: true }), own.length)
    })
    .join('\n')
}

/** Every line moved to the right; empty ones stay empty. */
export function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by))
}
