/**
 * The tokens of SQL text, as far as they tell where a statement ends.
 *
 * Written by hand because the choice is otherwise a whole parser (`libpg-query`, WebAssembly, bound to one major):
 * only quotes, comments, parentheses and bodies can hide a semicolon, and those are the same in every major.
 */

/**
 * What stands at a place of SQL text, and where it ends: white space or a comment, a word or number, something quoted (a
 * string, a name, a dollar quote), or a single character of any other kind.
 */
export interface SqlToken {
  readonly kind: 'blank' | 'word' | 'quoted' | 'sign'
  readonly end: number
}

const blank = /\s+|--[^\n\r]*/y
const quoted: readonly RegExp[] = [
  /[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y,
  /'[^']*'/y,
  /"[^"]*"/y,
  /\$((?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\1\$/iy,
]
// A whole word or number at once: neither `price'…'` is an E'' string nor `a$b$c` a dollar quote.
const word = /[\w\u0080-\uffff][\w$\u0080-\uffff]*/y

/** Where the match of `pattern` that starts exactly at `from` ends, or `undefined` when there is none. */
function matchEnd(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Where the block comment that starts at `from` ends; they nest. */
function blockCommentEnd(text: string, from: number): number | undefined {
  if (!text.startsWith('/*', from)) return undefined
  const edge = /\/\*|\*\//g
  edge.lastIndex = from
  let depth = 0
  for (let found = edge.exec(text); found; found = edge.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}

/** The token at `from`. A quote nobody closed is one character: the server is left to complain of it. */
export function sqlTokenAt(text: string, from: number): SqlToken {
  const skipped = matchEnd(blank, text, from) ?? blockCommentEnd(text, from)
  if (skipped !== undefined) return { kind: 'blank', end: skipped }
  for (const pattern of quoted) {
    const end = matchEnd(pattern, text, from)
    if (end !== undefined) return { kind: 'quoted', end }
  }
  const end = matchEnd(word, text, from)
  return end === undefined ? { kind: 'sign', end: from + 1 } : { kind: 'word', end }
}
