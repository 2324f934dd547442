/** What a function does when it is called, as far as its text says so. */
import { type Node, nodeAs, type Statement, statementsOf } from '../../syntax/index.ts'
import type { Body, Piece } from './body.ts'
import { textOf } from './names.ts'

/** See the file. */
export interface RoutineBody {
  /** Its statements, with the lines of the file. */
  readonly statements: readonly Statement[]
  /** What it makes SQL of while it runs: an expression, and its line. */
  readonly made: readonly { readonly line: number; readonly expression: Node | undefined }[]
}

/** The body of a function in SQL or PL/pgSQL; `undefined` for another language, or one that cannot be read. */
export async function routineBodyOf(
  statement: Statement,
  body: Body | undefined,
): Promise<RoutineBody | undefined> {
  if (body) return body.isReadable ? ofPieces(body) : undefined
  const routine = nodeAs(statement.node, 'CreateFunctionStmt')
  if (!routine) return undefined
  const options = (routine.options ?? []).map((option) => nodeAs(option, 'DefElem'))
  const option = (name: string) => options.find((each) => each?.defname === name)?.arg
  if (routine.sql_body) return { statements: [{ ...statement, node: routine.sql_body }], made: [] }
  if ((textOf(option('language')) || 'sql') !== 'sql') return undefined
  const list = nodeAs(option('as'), 'List')
  const text = textOf(list?.items?.[0])
  const offset = Math.max(statement.text.indexOf(text), 0)
  const line = statement.line + statement.text.slice(0, offset).split('\n').length - 1
  const statements = await parsed({ text, line })
  return statements && { statements, made: [] }
}

async function ofPieces({ statements, dynamics }: Body): Promise<RoutineBody> {
  const found = await Promise.all(statements.map(parsed))
  const made = await Promise.all(
    dynamics.map(async ({ text, line }) => ({ line, expression: await expressionOf(text) })),
  )
  return { statements: found.flatMap((each) => each ?? []), made }
}

async function parsed({ text, line }: Piece): Promise<Statement[] | undefined> {
  const statements = await statementsOf(text).catch(() => undefined)
  return statements?.map((each) => ({ ...each, line: line + each.line - 1 }))
}

async function expressionOf(text: string): Promise<Node | undefined> {
  const [statement] = (await statementsOf(`select ${text}`).catch(() => undefined)) ?? []
  const select = nodeAs(statement?.node, 'SelectStmt')
  return nodeAs(select?.targetList?.[0], 'ResTarget')?.val
}
