/** Functions that run with the rights of their owner. */
import { type NodeOf, nodeAs } from '../../../syntax/index.ts'
import { accessOf, concerns, defaultAccessOf, names } from '../access.ts'
import { listedName, partsOf, schemaOf, typeName } from '../names.ts'
import type { Placed } from '../placed.ts'
import type { Rule } from '../rule.ts'
import type { Script } from '../script.ts'

/** A function that a folder leaves behind. */
export interface Routine {
  /** With its types: `public.f(int4)`. */
  readonly name: string
  /** The statement that made it what it is. */
  readonly at: Placed
  /** Where it was made first. */
  readonly made: Placed
  /** The statement that gave it its body. */
  readonly body: Placed
  readonly isDefiner: boolean
  readonly isPinned: boolean
  readonly isTrigger: boolean
}

/** What DECLARE of options says; absent where they say nothing. */
function said(options: NodeOf<'CreateFunctionStmt'>['options']): { isDefiner?: boolean; isPinned?: boolean } {
  const answer: { isDefiner?: boolean; isPinned?: boolean } = {}
  for (const each of options ?? []) {
    const option = nodeAs(each, 'DefElem')
    if (option?.defname === 'security') answer.isDefiner = nodeAs(option.arg, 'Boolean')?.boolval === true
    const set = option?.defname === 'set' ? nodeAs(option.arg, 'VariableSetStmt') : undefined
    if (set?.name === 'search_path') answer.isPinned = set.kind === 'VAR_SET_VALUE'
    if (set?.kind === 'VAR_RESET_ALL') answer.isPinned = false
  }
  return answer
}

/** The functions that a folder leaves behind. */
export function routinesOf({ statements }: Script): Routine[] {
  const routines = new Map<string, Routine>()
  for (const at of statements) {
    const create = nodeAs(at.node, 'CreateFunctionStmt')
    if (create) {
      const ins = (create.parameters ?? [])
        .map((each) => nodeAs(each, 'FunctionParameter'))
        .filter((each) => each?.mode !== 'FUNC_PARAM_OUT' && each?.mode !== 'FUNC_PARAM_TABLE')
      const types = ins.map((each) => typeName(each?.argType))
      const name = `${listedName(create.funcname, at)}(${types.join(', ')})`
      routines.set(name, {
        name,
        at,
        made: routines.get(name)?.made ?? at,
        body: at,
        isDefiner: false,
        isPinned: false,
        isTrigger: /^(event_)?trigger$/.test(typeName(create.returnType)),
        ...said(create.options),
      })
    }
    const alter = nodeAs(at.node, 'AlterFunctionStmt')
    const dropped = nodeAs(at.node, 'DropStmt')
    const isDrop = /^OBJECT_(FUNCTION|PROCEDURE|ROUTINE)$/.test(dropped?.removeType ?? '')
    const named = alter?.func ? [{ ObjectWithArgs: alter.func }] : isDrop ? (dropped?.objects ?? []) : []
    for (const object of named)
      for (const routine of [...routines.values()].filter(({ name }) => isNamed(object, name, at)))
        if (alter) routines.set(routine.name, { ...routine, ...said(alter.actions), at })
        else routines.delete(routine.name)
  }
  return [...routines.values()]
}

function isNamed(
  object: NonNullable<NodeOf<'DropStmt'>['objects']>[number],
  name: string,
  at: Placed,
): boolean {
  const call = nodeAs(object, 'ObjectWithArgs')
  const bare = listedName(partsOf(object), at)
  if (!call || call.args_unspecified) return name.split('(')[0] === bare
  return name === `${bare}(${(call.objargs ?? []).map(typeName).join(', ')})`
}

/** `set search_path` on every definer's function. */
export const definerFunctionsArePinned: Rule = {
  id: 'definer-functions-are-pinned',
  title: 'every function that runs as its owner sets its search_path',
  looksFor:
    '`security definer` without `set search_path`, in the function’s last definition or by ALTER FUNCTION',
  hint: "Add `set search_path = ''` and qualify every name.",
  concerns: 'state',
  judge: (script) =>
    routinesOf(script)
      .filter(({ isDefiner, isPinned }) => isDefiner && !isPinned)
      .map(({ name, at }) => ({
        at,
        objects: [name],
        reason: 'It runs as its owner, and looks names up where its caller says.',
      })),
}

/** EXECUTE taken from whoever has it by default. */
export const definerFunctionsAreRevoked: Rule = {
  id: 'definer-functions-are-revoked',
  title: 'no function that runs as its owner is left to everybody',
  looksFor:
    '`security definer` without `revoke execute … from public` after it; in schema public, where Supabase grants it by itself, from anon, too. Trigger functions aside, which nobody can call',
  hint: 'Revoke execute on it from public, anon and authenticated, then grant it to who needs it.',
  concerns: 'state',
  judge: (script) =>
    routinesOf(script)
      .filter(({ isDefiner, isTrigger }) => isDefiner && !isTrigger)
      .flatMap((routine) => {
        const left = leftTo(script, routine)
        if (left.length === 0) return []
        const { name, at } = routine
        const reason = `It runs as its owner, and ${left.join(' and ')} may execute it.`
        return [{ at, objects: [name], reason }]
      }),
}

/** Which of those who may execute a new function still may. */
function leftTo({ statements }: Script, { name, made }: Routine): string[] {
  const roles = schemaOf(name) === 'public' ? ['public', 'anon'] : ['public']
  const may = new Set(roles)
  for (const at of statements) {
    const byDefault = at.order < made.order ? defaultAccessOf(at) : undefined
    const access = byDefault ?? (at.order > made.order ? accessOf(at) : undefined)
    if (!access || !/FUNCTION|ROUTINE|PROCEDURE/.test(access.kind) || !names(access, 'execute')) continue
    // For a single schema PostgreSQL ignores what is revoked from public by default.
    const isMeant = byDefault
      ? byDefault.schemas.length === 0 || byDefault.schemas.includes(schemaOf(name))
      : concerns(access, name)
    if (!isMeant) continue
    for (const role of access.roles)
      if (access.isGrant) continue
      else if (!(byDefault && byDefault.schemas.length > 0 && role === 'public')) may.delete(role)
  }
  return [...may]
}
