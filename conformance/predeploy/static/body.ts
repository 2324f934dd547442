/** What DO blocks and functions in PL/pgSQL run: its statements, its strings, and where it runs strings. */
import { type Node, nodeAs, type Statement, walk } from '../../syntax/index.ts'
import { textOf } from './names.ts'

/** A piece of a body, and the line of the file at which it begins. */
export interface Piece {
  readonly text: string
  readonly line: number
}

/** The body of a DO block or a function. */
export interface Body {
  readonly kind: 'do' | 'function'
  /** Whether the parser could read it: it is PL/pgSQL. Of another language nothing is known. */
  readonly isReadable: boolean
  readonly statements: readonly Piece[]
  /** String constants, without their quotes. */
  readonly strings: readonly Piece[]
  /** The lines that run a string as SQL. */
  readonly dynamicLines: readonly number[]
  /** What is run there: expressions that make the string. */
  readonly dynamics: readonly Piece[]
  /** The lines that commit or roll back. */
  readonly transactionLines: readonly number[]
}

/** The body of a statement that has one in PL/pgSQL, or a DO block in any language. */
export async function bodyOf(statement: Statement): Promise<Body | undefined> {
  const source = sourceOf(statement.node)
  if (!source) return undefined
  const { parsePlPgSQL } = await import('libpg-query')
  const offset = statement.text.indexOf(source.text)
  const firstLine = statement.line + statement.text.slice(0, Math.max(offset, 0)).split('\n').length - 1
  const none = {
    kind: source.kind,
    statements: [],
    strings: [],
    dynamicLines: [],
    dynamics: [],
    transactionLines: [],
  }
  if (source.language !== 'plpgsql') return { ...none, isReadable: false }
  const tree: unknown = await parsePlPgSQL(statement.text).catch(() => undefined)
  if (tree === undefined) return { ...none, isReadable: false }
  return {
    kind: source.kind,
    isReadable: true,
    ...piecesOf(tree, firstLine),
    strings: await stringsOf(source.text, firstLine),
  }
}

interface Source {
  readonly kind: Body['kind']
  readonly language: string
  readonly text: string
}

function sourceOf(node: Node): Source | undefined {
  const block = nodeAs(node, 'DoStmt')
  const routine = nodeAs(node, 'CreateFunctionStmt')
  const options = (block?.args ?? routine?.options ?? []).map((option) => nodeAs(option, 'DefElem'))
  const argument = (name: string) => options.find((option) => option?.defname === name)?.arg
  const language = textOf(argument('language')) || (block ? 'plpgsql' : 'sql')
  const code = argument('as')
  const list = code && nodeAs(code, 'List')
  const text = textOf(list ? list.items?.[0] : code)
  if (block) return { kind: 'do', language, text }
  return routine && language === 'plpgsql' ? { kind: 'function', language, text } : undefined
}

/** Kinds of PL/pgSQL's statements that run a string, or do so when they have a `dynquery`. */
const RUNS_A_STRING = ['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors']
const MAY_RUN_A_STRING = ['PLpgSQL_stmt_return_query', 'PLpgSQL_stmt_open']

interface Read {
  readonly lineno?: number
  readonly dynquery?: { readonly PLpgSQL_expr?: { readonly query?: string } }
  readonly query?: { readonly PLpgSQL_expr?: { readonly query?: string } }
  readonly sqlstmt?: { readonly PLpgSQL_expr?: { readonly query?: string } }
  readonly expr?: { readonly PLpgSQL_expr?: { readonly query?: string } }
}

function piecesOf(
  tree: unknown,
  firstLine: number,
): Pick<Body, 'statements' | 'dynamicLines' | 'dynamics' | 'transactionLines'> {
  const statements: Piece[] = []
  const dynamics: Piece[] = []
  const transactionLines: number[] = []
  walk(tree, (kind, node) => {
    const read = node as Read
    const line = firstLine + (read.lineno ?? 1) - 1
    const text =
      kind === 'PLpgSQL_stmt_execsql'
        ? read.sqlstmt?.PLpgSQL_expr?.query
        : kind === 'PLpgSQL_stmt_perform'
          ? read.expr?.PLpgSQL_expr?.query
          : undefined
    if (text !== undefined) statements.push({ text, line })
    if (/^PLpgSQL_stmt_(commit|rollback)$/.test(kind)) transactionLines.push(line)
    if (RUNS_A_STRING.includes(kind)) {
      const constant = kind === 'PLpgSQL_stmt_dynexecute' && constantOf(read.query?.PLpgSQL_expr?.query ?? '')
      if (constant) statements.push({ text: constant, line })
      else dynamics.push({ text: read.query?.PLpgSQL_expr?.query ?? '', line })
    }
    if (MAY_RUN_A_STRING.includes(kind) && read.dynquery !== undefined)
      dynamics.push({ text: read.dynquery.PLpgSQL_expr?.query ?? '', line })
  })
  return { statements, dynamics, dynamicLines: dynamics.map(({ line }) => line), transactionLines }
}

/** What an expression says that is nothing but a string. */
function constantOf(expression: string): string | undefined {
  const [, quoted] = /^\s*'((?:[^']|'')*)'\s*$/.exec(expression) ?? []
  if (quoted !== undefined) return quoted.replaceAll("''", "'")
  return /^\s*(\$\w*\$)([\s\S]*)\1\s*$/.exec(expression)?.[2]
}

async function stringsOf(source: string, firstLine: number): Promise<Piece[]> {
  const { scan } = await import('libpg-query')
  const { tokens } = await scan(source).catch(() => ({ tokens: [] }))
  const bytes = Buffer.from(source)
  return tokens
    .filter(({ tokenName }) => tokenName === 'SCONST')
    .flatMap(({ start, end }) => {
      const text = constantOf(bytes.subarray(start, end).toString())
      const line = firstLine + bytes.subarray(0, start).toString().split('\n').length - 1
      return text === undefined ? [] : [{ text, line }]
    })
}
