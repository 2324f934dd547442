/** What can be said of a condition without asking a database. */
import { type Node, nodeAs } from '../../syntax/index.ts'
import { textOf } from './names.ts'

/** Whether a condition holds for every row. */
export function isAlways(condition: Node | undefined): boolean {
  return truthOf(condition) === true
}

/** Whether it holds for every row as soon as somebody is signed in: it asks only whether there is a user, or for that role. */
export function isAnySignedIn(condition: Node | undefined): boolean {
  if (!condition) return false
  const test = nodeAs(condition, 'NullTest')
  if (test) return test.nulltesttype === 'IS_NOT_NULL' && ['uid', 'jwt'].includes(askedOfAuth(test.arg))
  const comparison = nodeAs(condition, 'A_Expr')
  if (comparison) {
    const sides = [comparison.lexpr, comparison.rexpr]
    return (
      (comparison.name ?? []).map(textOf).join('') === '=' &&
      sides.some((side) => askedOfAuth(side) === 'role') &&
      sides.some((side) => constantOf(side) === 'authenticated')
    )
  }
  const { op, parts } = partsOf(condition)
  if (op === 'OR_EXPR') return parts.some(isAnySignedIn)
  return op === 'AND_EXPR' && parts.every((part) => isAlways(part) || isAnySignedIn(part))
}

/** What a condition of constants comes to; `undefined` where it depends on more. */
function truthOf(condition: Node | undefined): boolean | undefined {
  const constant = constantOf(condition)
  if (constant !== undefined) return TRUTHS.get(constant.toLowerCase())
  const comparison = condition && nodeAs(condition, 'A_Expr')
  if (comparison) {
    const [left, right] = [constantOf(comparison.lexpr), constantOf(comparison.rexpr)]
    const compared = COMPARED.get((comparison.name ?? []).map(textOf).join(''))
    return left === undefined || right === undefined ? undefined : compared?.(left === right)
  }
  const { op, parts } = partsOf(condition)
  const truths = parts.map(truthOf)
  if (op === 'OR_EXPR') return truths.includes(true) ? true : allAre(truths, false) ? false : undefined
  if (op === 'AND_EXPR') return truths.includes(false) ? false : allAre(truths, true) ? true : undefined
  if (op === 'NOT_EXPR') return truths[0] === undefined ? undefined : !truths[0]
  return undefined
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, false] as const),
])
const COMPARED: ReadonlyMap<string, (isSame: boolean) => boolean> = new Map([
  ['=', (isSame: boolean) => isSame],
  ['<>', (isSame: boolean) => !isSame],
])

function allAre(truths: readonly (boolean | undefined)[], value: boolean): boolean {
  return truths.every((each) => each === value)
}

/** The text of a constant, whatever it is cast to. */
function constantOf(node: Node | undefined): string | undefined {
  const cast = node && nodeAs(node, 'TypeCast')
  if (cast) return constantOf(cast.arg)
  const constant = node && nodeAs(node, 'A_Const')
  if (!constant || constant.isnull) return undefined
  if (constant.boolval) return String(constant.boolval.boolval === true)
  if (constant.ival) return String(constant.ival.ival ?? 0)
  return constant.sval?.sval ?? constant.fval?.fval
}

/** The parts that AND, OR or NOT joins. */
function partsOf(condition: Node | undefined): { op: string; parts: readonly Node[] } {
  const expression = condition && nodeAs(condition, 'BoolExpr')
  return { op: expression?.boolop ?? '', parts: expression?.args ?? [] }
}

/** Which function of the schema auth is asked, also in a sub-select of its own: `uid` of `(select auth.uid())`. */
function askedOfAuth(node: Node | undefined): string {
  const query = node && nodeAs(nodeAs(node, 'SubLink')?.subselect, 'SelectStmt')
  const [target] = query?.targetList ?? []
  if (query) return query.fromClause ? '' : askedOfAuth(nodeAs(target, 'ResTarget')?.val)
  const [schema, name] = ((node && nodeAs(node, 'FuncCall')?.funcname) ?? []).map(textOf)
  return schema === 'auth' ? (name ?? '') : ''
}
