/** The statements of a script as PostgreSQL's own parser sees them, and where they stand. */
import type { Node } from 'libpg-query'

/** One statement of a script. */
export interface Statement {
  /** As it is written, from its first word, without its semicolon. */
  readonly text: string
  /** The line of its first word, from 1. */
  readonly line: number
  /** Its kind, such as `CreateStmt`. */
  readonly kind: string
  /** Its syntax tree: one key, the kind. */
  readonly node: Node
}

/** A script that is no SQL of PostgreSQL. */
export class SyntaxRefused extends Error {
  override readonly name = 'SyntaxRefused'
  /** The line at which the parser stopped, from 1. */
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** The statements of `script`, in order. Throws {@link SyntaxRefused} where it is no SQL. */
export async function statementsOf(script: string): Promise<Statement[]> {
  if (script.trim() === '') return []
  const { hasSqlDetails, parse } = await import('libpg-query')
  const bytes = Buffer.from(script)
  const lineAt = (offset: number) => bytes.subarray(0, offset).toString().split('\n').length
  const answer = await parse(script).catch((error: unknown) => {
    if (!hasSqlDetails(error)) throw error
    const at = Buffer.from(script.slice(0, error.sqlDetails?.cursorPosition ?? 0)).length
    throw new SyntaxRefused(error.sqlDetails?.message ?? error.message, lineAt(at))
  })
  return (answer.stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const whole = bytes.subarray(from, length ? from + length : undefined).toString()
    const lead = leadOf(whole)
    return {
      text: whole.slice(lead).trimEnd(),
      line: lineAt(from) + whole.slice(0, lead).split('\n').length - 1,
      kind: Object.keys(stmt ?? {})[0] ?? '',
      node: stmt as Node,
    }
  })
}

/** How much of a text is white space and comments before the first word. */
function leadOf(text: string): number {
  let at = 0
  for (;;) {
    const found = /^(?:\s+|--[^\n]*\n?|\/\*[\s\S]*?\*\/)/.exec(text.slice(at))
    if (!found) return at
    at += found[0].length
  }
}
