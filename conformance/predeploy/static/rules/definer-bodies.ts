/** What functions do that run with the rights of their owner: no policy holds for it. */
import { type Node, nodeAs, nodesOf } from '../../../syntax/index.ts'
import { accessOf, concerns, names } from '../access.ts'
import { relationName, schemaOf, textOf } from '../names.ts'
import type { Rule } from '../rule.ts'
import type { Script } from '../script.ts'
import { type Routine, routinesOf } from './definer-functions.ts'

/** Functions whose answer is one name or one literal, whatever they are given. */
const QUOTE = /^quote_(ident|literal|nullable)$/

/** Whether text that is run as SQL can be nothing but what its author wrote, with names and literals in it. */
function isQuoted(node: Node | undefined): boolean {
  if (nodeAs(node, 'A_Const')) return true
  const cast = nodeAs(node, 'TypeCast')
  if (cast) return isQuoted(cast.arg) || /^reg/.test(textOf(cast.typeName?.names?.at(-1)))
  const joined = nodeAs(node, 'A_Expr')
  if (joined) return textOf(joined.name?.[0]) === '||' && isQuoted(joined.lexpr) && isQuoted(joined.rexpr)
  const call = nodeAs(node, 'FuncCall')
  const name = textOf(call?.funcname?.at(-1))
  if (QUOTE.test(name)) return true
  if (name !== 'format') return false
  const [pattern, ...values] = call?.args ?? []
  const text = nodeAs(pattern, 'A_Const')?.sval?.sval
  if (text === undefined) return false
  // What stands for `%s` is put in as it is.
  const places = [...text.matchAll(/%(?:(\d+)\$)?[-\d]*([sIL%])/g)].filter(([, , kind]) => kind !== '%')
  return places.every(([, at, kind], i) => kind !== 's' || isQuoted(values[at ? Number(at) - 1 : i]))
}

/** Text put together and run with the owner's rights: whoever calls may put SQL into it. */
export const definerFunctionsQuoteWhatTheyRun: Rule = {
  id: 'definer-functions-quote-what-they-run',
  title: 'no function that runs as its owner runs text that a caller can change',
  looksFor:
    '`security definer` with an `execute` of a text that is more than constants, `%I`, `%L` and `quote_ident()` or `quote_literal()`',
  hint: 'Use `format()` with `%I` for names and `%L` for values, or `execute … using`.',
  concerns: 'state',
  judge: (script) =>
    definersOf(script).flatMap(({ name, body }) =>
      (script.bodies.get(body.order)?.made ?? [])
        .filter(({ expression }) => !isQuoted(expression))
        .map(({ line }) => ({
          at: { ...body, line },
          objects: [name],
          reason: 'It runs as its owner, and runs a text that is put together without quotes.',
        })),
    ),
}

/** Writes past row level security. */
export const definerFunctionsThatWrite: Rule = {
  id: 'definer-functions-that-write',
  title: 'functions that write as their owner are known',
  looksFor:
    '`security definer` that writes a table, or changes a schema, and that anon, authenticated or everybody may execute: no policy holds for it; a warning',
  hint: 'Check in it who asks, or make it security invoker.',
  concerns: 'state',
  judge: (script) =>
    definersOf(script)
      .filter(({ isTrigger }) => !isTrigger)
      .flatMap((routine) => {
        const callers = callersOf(script, routine)
        const written = writtenBy(script, routine)
        if (callers.length === 0 || written.length === 0) return []
        return [
          {
            at: routine.body,
            objects: [routine.name],
            reason: `It runs as its owner for ${callers.join(' and ')}, and writes ${written.join(', ')}.`,
            severity: 'warning' as const,
          },
        ]
      }),
}

function definersOf(script: Script): Routine[] {
  return routinesOf(script).filter(({ isDefiner }) => isDefiner)
}

/** Tables that a body writes to, and kinds of other changes. */
function writtenBy({ bodies }: Script, { body }: Routine): string[] {
  const statements = bodies.get(body.order)?.statements ?? []
  const tables = statements.flatMap(({ node }) =>
    (['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const).flatMap((kind) =>
      nodesOf(node, kind).map(({ relation }) => relationName(relation, body)),
    ),
  )
  const changes = statements.filter(({ kind }) => /^(Alter|Create|Drop|Grant|Truncate)/.test(kind))
  return [...new Set([...tables, ...(changes.length > 0 ? ['the schema'] : [])])]
}

/** Who of the API may execute a function in the end. */
function callersOf({ statements }: Script, { name, made }: Routine): string[] {
  // In schema public Supabase grants it by itself.
  const may = new Set(schemaOf(name) === 'public' ? ['public', 'anon', 'authenticated'] : ['public'])
  for (const at of statements) {
    const access = at.order > made.order ? accessOf(at) : undefined
    if (!access || !/FUNCTION|ROUTINE|PROCEDURE/.test(access.kind)) continue
    if (!names(access, 'execute') || !concerns(access, name)) continue
    for (const role of access.roles)
      if (access.isGrant) may.add(role)
      else may.delete(role)
  }
  return ['public', 'anon', 'authenticated'].filter((role) => may.has(role))
}
