/**
 * Where one statement of a script ends and the next begins.
 *
 * Written by hand because the choice is otherwise a whole parser (`libpg-query`, WebAssembly, bound to one major):
 * only quotes, comments and parentheses can hide a semicolon, and those are the same in every major.
 */

const blank = /\s+|--[^\n\r]*/y
const tokens: readonly RegExp[] = [
  /[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y,
  /'[^']*'/y,
  /"[^"]*"/y,
  /\$((?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\1\$/iy,
  // A whole word or number at once: neither `price'…'` is an E'' string nor `a$b$c` a dollar quote.
  /[\w\u0080-\uffff][\w$\u0080-\uffff]*/y,
]

/** Where the match of `pattern` that starts exactly at `from` ends, or `undefined` when there is none. */
function matchEnd(pattern: RegExp, script: string, from: number): number | undefined {
  pattern.lastIndex = from
  return pattern.test(script) ? pattern.lastIndex : undefined
}

/** Where the block comment that starts at `from` ends; they nest. */
function blockCommentEnd(script: string, from: number): number | undefined {
  if (!script.startsWith('/*', from)) return undefined
  const edge = /\/\*|\*\//g
  edge.lastIndex = from
  let depth = 0
  for (let found = edge.exec(script); found; found = edge.exec(script)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return script.length
}

/** Where the token at `from` ends. A quote nobody closed is one character: the server is left to complain of it. */
function tokenEnd(script: string, from: number): number {
  for (const pattern of tokens) {
    const end = matchEnd(pattern, script, from)
    if (end !== undefined) return end
  }
  return from + 1
}

/**
 * The statements of `script`, in order, without their semicolons and without what precedes them; as `psql -f` splits
 * it, but for `begin atomic … end` bodies and psql's own backslash commands. Empty statements are dropped.
 */
export function splitStatements(script: string): string[] {
  const statements: string[] = []
  let start: number | undefined
  let end = 0
  let parentheses = 0
  const finish = () => {
    if (start !== undefined) statements.push(script.slice(start, end))
    start = undefined
    parentheses = 0
  }
  for (let at = 0; at < script.length; ) {
    const skipped = matchEnd(blank, script, at) ?? blockCommentEnd(script, at)
    if (skipped !== undefined) {
      at = skipped
    } else if (script[at] === ';' && parentheses === 0) {
      finish()
      at += 1
    } else {
      if (script[at] === '(') parentheses += 1
      if (script[at] === ')' && parentheses > 0) parentheses -= 1
      start ??= at
      at = tokenEnd(script, at)
      end = at
    }
  }
  finish()
  return statements
}
