import { z } from 'zod'
import { walk } from './walk.ts'

/** A statement as PostgreSQL's own parser sees it. */
export interface Parsed {
  /** The kind of statement, such as `SelectStmt`; of a transaction's, what it does, such as `TRANS_STMT_BEGIN`. */
  readonly kind: string
  /** The kinds of all nodes within it, such as `FuncCall` or `LockingClause`. */
  readonly nodes: ReadonlySet<string>
  readonly calls: readonly Call[]
}

/** A call of a function as it is written: its name without the schema, and whether its last argument is `true`. */
export interface Call {
  readonly name: string
  readonly lastIsTrue: boolean
}

const Name = z.object({ String: z.object({ sval: z.string() }) })
const FuncCall = z.object({ funcname: z.array(Name), args: z.array(z.unknown()).optional() })
const IsTrue = z.object({ A_Const: z.object({ boolval: z.object({ boolval: z.literal(true) }) }) })
const Transaction = z.object({ kind: z.string() })

/** Parses one statement. Throws when there are several, or when it is none. */
export async function parsedStatement(text: string): Promise<Parsed> {
  const { parse } = await import('libpg-query')
  const { stmts = [] } = await parse(text)
  const [first] = stmts
  if (stmts.length !== 1 || !first?.stmt) throw new Error(`It is not one statement: ${text}`)
  const nodes = new Set<string>()
  const calls: Call[] = []
  walk(first.stmt, (kind, node) => {
    nodes.add(kind)
    if (kind === 'FuncCall') calls.push(callOf(node))
  })
  const [kind = '', body] = Object.entries(first.stmt)[0] ?? []
  return { kind: kind === 'TransactionStmt' ? Transaction.parse(body).kind : kind, nodes, calls }
}

function callOf(node: unknown): Call {
  const { funcname, args = [] } = FuncCall.parse(node)
  return { name: funcname.at(-1)?.String.sval ?? '', lastIsTrue: IsTrue.safeParse(args.at(-1)).success }
}
