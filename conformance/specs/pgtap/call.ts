import type { PgtapArgument } from '../../pgtap/index.ts'

/** A call of a pgTAP function, as SQL would make it, with the types of its arguments. */
export interface Call {
  readonly name: string
  readonly args: readonly PgtapArgument[]
  /** Statements before it, whose effects it needs. */
  readonly setup: readonly string[]
}

/** call('has_table', name('zoo'), name('animals')) */
export function call(name: string, ...args: readonly PgtapArgument[]): Call {
  return { name, args, setup: [] }
}

/** The same after statements, such as one that declares a cursor. */
export function after(setup: readonly string[], { name, args }: Call): Call {
  return { name, args, setup }
}

/** How a call reads in the title of a failure. */
export function wordsOf({ name, args }: Call): string {
  return `${name}(${args.map(({ type, value }) => `${JSON.stringify(value)}::${type}`).join(', ')})`
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
