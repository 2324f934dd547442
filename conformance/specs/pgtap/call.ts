import type { PgtapArgument } from '../../pgtap/index.ts'

/** An argument whose value is asked of the server, since it differs from one to the next: all roles, say. */
export interface Asked {
  readonly type: string
  /** A query with the column `value`: of one row, or of a row an element. */
  readonly query: string
}

/** A call of a pgTAP function, as SQL would make it, with the types of its arguments. */
export interface Call {
  readonly name: string
  readonly args: readonly (PgtapArgument | Asked)[]
  /** Statements before it, whose effects it needs. */
  readonly setup: readonly string[]
}

/** call('has_table', name('zoo'), name('animals')) */
export function call(name: string, ...args: Call['args']): Call {
  return { name, args, setup: [] }
}

/** The same after statements, such as one that declares a cursor. */
export function after(setup: readonly string[], { name, args }: Call): Call {
  return { name, args, setup }
}

/** How a call reads in the title of a failure. */
export function wordsOf({ name, args }: Call): string {
  const words = args.map(
    (arg) => `${'query' in arg ? `(${arg.query})` : JSON.stringify(arg.value)}::${arg.type}`,
  )
  return `${name}(${words.join(', ')})`
}

const of =
  (type: string) =>
  (value: string | null): PgtapArgument => ({ type, value })

export const name = of('name')
export const text = of('text')
export const int = of('integer')
export const numeric = of('numeric')
export const bool = of('boolean')
export const char = of('character(5)')
export const regtype = of('regtype')
export const cursor = of('refcursor')

export function names(...value: string[]): PgtapArgument {
  return { type: 'name[]', value }
}

export function texts(...value: string[]): PgtapArgument {
  return { type: 'text[]', value }
}

/** A value or an array of any other type. */
export function value(type: string, value: PgtapArgument['value']): PgtapArgument {
  return { type, value }
}

/** asked('name[]', 'select rolname as value from pg_roles') */
export function asked(type: string, query: string): Asked {
  return { type, query }
}
