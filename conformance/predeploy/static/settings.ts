/** What a statement sets of the session. */
import { type Node, nodeAs, nodesOf } from '../../syntax/index.ts'
import { textOf } from './names.ts'

/** The value that a statement gives to a setting: by SET, or by `set_config`; an empty one where it is taken back. */
export function settingOf(node: Node, setting: string): string | undefined {
  const set = nodeAs(node, 'VariableSetStmt')
  if (set) {
    if (set.kind === 'VAR_RESET_ALL') return ''
    if (set.name !== setting) return undefined
    return set.kind === 'VAR_SET_VALUE' ? valuesOf(set.args).join(', ') : ''
  }
  if (!nodeAs(node, 'SelectStmt')) return undefined
  for (const { funcname, args } of nodesOf(node, 'FuncCall')) {
    const [name, value] = valuesOf(args)
    if (textOf(funcname?.at(-1)) === 'set_config' && name === setting) return value ?? ''
  }
  return undefined
}

/** The schema to which names without one lead after this statement; `undefined` when it says nothing about it. */
export function searchPathOf(node: Node): string | undefined {
  const path = settingOf(node, 'search_path')
  if (path === undefined) return undefined
  const first = path
    .split(',')
    .map((each) => each.trim().replace(/^"|"$/g, ''))
    .find((each) => each !== '' && each !== '$user')
  return first ?? 'public'
}

/** Constants as text; what is none is left out. */
export function valuesOf(args: readonly Node[] | undefined): string[] {
  return (args ?? []).flatMap((arg) => {
    const constant = nodeAs(arg, 'A_Const')
    if (!constant) return []
    if (constant.sval) return [constant.sval.sval ?? '']
    if (constant.ival) return [String(constant.ival.ival ?? 0)]
    if (constant.fval) return [constant.fval.fval ?? '']
    return []
  })
}
