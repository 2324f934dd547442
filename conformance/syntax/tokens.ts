/** The words of a text as PostgreSQL's own scanner sees them, without white space and comments. */

/** One word. Positions count characters of the text. */
export interface Token {
  readonly from: number
  readonly to: number
  /** As it is written, but in lower case unless it is quoted. */
  readonly word: string
  readonly is: 'number' | 'text' | 'name' | 'sign'
  /** How many parentheses and brackets are open around it. */
  readonly depth: number
}

const NUMBERS = ['ICONST', 'FCONST']
const COMMENTS = ['SQL_COMMENT', 'C_COMMENT']

/** The words of `text`; it may be a statement, a body of a function or an expression. */
export async function tokensOf(text: string): Promise<Token[]> {
  if (text.trim() === '') return []
  const { loadModule, scanSync } = await import('libpg-query')
  await loadModule()
  const at = positionsIn(text)
  let depth = 0
  return scanSync(text)
    .tokens.filter(({ tokenName }: { tokenName: string }) => !COMMENTS.includes(tokenName))
    .map(({ start, end, tokenName }: { start: number; end: number; tokenName: string }) => {
      const [from, to] = [at(start), at(end)]
      const raw = text.slice(from, to)
      const word = /^["'$]/.test(raw) ? raw : raw.toLowerCase()
      if (word === ')' || word === ']') depth -= 1
      const token: Token = { from, to, word, is: kindOf(word, tokenName), depth }
      if (word === '(' || word === '[') depth += 1
      return token
    })
}

function kindOf(word: string, name: string): Token['is'] {
  if (NUMBERS.includes(name)) return 'number'
  if (name === 'SCONST' || /^'|^\$\w*\$/.test(word)) return 'text'
  return /^[\w"$\u0080-\uffff]/.test(word) ? 'name' : 'sign'
}

/** The position of a character whose byte is known. */
function positionsIn(text: string): (byte: number) => number {
  const bytes = Buffer.from(text)
  if (bytes.length === text.length) return (byte) => byte
  return (byte) => bytes.subarray(0, byte).toString().length
}
