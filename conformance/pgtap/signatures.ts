/**
 * pgTAP's functions by their SQL names, each overload with the call of ours that it stands for: what lets existing tests move
 * over, and what the two are compared by.
 */
import type { Session } from '../engines/index.ts'
import { lookingUp } from './look-up.ts'
import { actions } from './signatures/actions.ts'
import { columns } from './signatures/columns.ts'
import { database } from './signatures/database.ts'
import { functions } from './signatures/functions.ts'
import { indexes } from './signatures/indexes.ts'
import { inheritance } from './signatures/inheritance.ts'
import { keys } from './signatures/keys.ts'
import { operators } from './signatures/operators.ts'
import type { Overload, PgtapArgument } from './signatures/overloads.ts'
import { owners } from './signatures/owners.ts'
import { privileges } from './signatures/privileges.ts'
import { relations } from './signatures/relations.ts'
import { roles } from './signatures/roles.ts'
import { statements } from './signatures/statements.ts'
import { types } from './signatures/types.ts'
import { values } from './signatures/values.ts'
import type { Verdict } from './verdict.ts'

export const signatures: Readonly<Record<string, readonly Overload[]>> = {
  ...actions,
  ...columns,
  ...database,
  ...functions,
  ...indexes,
  ...keys,
  ...inheritance,
  ...operators,
  ...owners,
  ...privileges,
  ...relations,
  ...roles,
  ...statements,
  ...types,
  ...values,
}

/**
 * Calls what pgTAP calls `name`, with positional arguments as pgTAP takes them, and decides as pgTAP does, also where the claim of
 * that name says otherwise of the database. Where a function is named without its types and there are several, pgTAP takes any.
 *
 * A description that is NULL is none, and NULL means what it means to pgTAP where that is documented. Throws a `RangeError` that
 * lists what is known when there is no such function, or no overload for arguments of these types; and one that says which, when an
 * argument names nothing, being NULL or empty.
 *
 * @example
 * const zoo = { type: 'name', value: 'zoo' }
 * const { ok } = await callPgtap(session, 'has_table', [zoo, { type: 'name', value: 'animals' }])
 * expect(ok).toBe(true)
 */
export async function callPgtap(
  session: Session,
  name: string,
  args: readonly PgtapArgument[],
): Promise<Verdict> {
  const overload = overloadOf(
    name,
    args.map(({ type }) => type),
  )
  return overload.call(
    lookingUp(session),
    Object.fromEntries(overload.names.map((key, i) => [key, given(name, overload, args, i)])),
  )
}

/** The overload for arguments of these types. Throws a `RangeError` that lists what is known when there is none. */
export function overloadOf(name: string, types: readonly string[]): Overload {
  const known = signatures[name]
  if (!known)
    throw new RangeError(`pgTAP has no assertion ${name}. Known: ${Object.keys(signatures).join(', ')}.`)
  const overload = known.find((one) => fits(one.types, types))
  if (overload) return overload
  const those = known.map((one) => `${name}(${one.types.join(', ')})`).join(', ')
  throw new RangeError(`There is no ${name}(${types.join(', ')}). Known: ${those}.`)
}

function fits(types: readonly string[], given: readonly string[]): boolean {
  return (
    types.length === given.length &&
    types.every((type, i) => {
      const have = (given[i] ?? '').replace(/\(.*\)/, '') // `character(5)` is passed as `character`
      return type === 'any' || type === have || (type === 'any[]' && have.endsWith('[]'))
    })
  )
}

/** An argument of any type comes whole, since its type matters; of the others the value. */
function given(
  name: string,
  { names, types, nullable }: Overload,
  args: readonly PgtapArgument[],
  at: number,
): unknown {
  const [key = '', type = '', arg] = [names[at], types[at], args[at]]
  if (type.startsWith('any')) return arg
  const value = arg?.value ?? null
  if (nullable.includes(key)) return value
  // A test whose description is NULL has none.
  if (value === null && key === 'description') return ''
  if (value === null || (Array.isArray(value) && value.includes(null)))
    throw new RangeError(
      `The ${key} of ${name} ${value === null ? 'is' : 'holds'} NULL, which names nothing: name what is meant.`,
    )
  if (type === 'name' && typeof value === 'string') return asName(value)
  if (type === 'name[]' && Array.isArray(value)) return value.map(asName)
  return value
}

/** What the server makes of a text that is to be a name: its first 63 bytes, and no half of a letter. */
function asName(text: string): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, 63), { stream: true })
}
