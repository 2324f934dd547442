/**
 * Random calls of pgTAP's functions. Most have the arguments of a case, or of a thing in the catalog, with one or two exchanged for
 * others of their type, since a call of nothing but random arguments would hardly ever hold.
 */
import fc from 'fast-check'
import { overloadOf, type PgtapArgument, type signatures } from '../../pgtap/index.ts'
import type { Call } from './call.ts'
import { cases } from './cases.ts'
import type { Thing } from './things-of-zoo.ts'

type Overload = NonNullable<(typeof signatures)[string]>[number]
type Argument = Call['args'][number]

/** Arguments that belong together, by their names, and the statements before them. */
interface Facts {
  readonly args: Readonly<Record<string, Argument>>
  readonly setup: readonly string[]
}

/** Search paths besides the usual one. pgTAP itself has to be found on each. */
const PATHS = [
  'zoo_annex, public, extensions',
  'public, zoo, extensions',
  'extensions, "Odd Zoo", zoo_annex',
  'extensions',
  'public, extensions, pg_catalog, zoo',
  'information_schema, zoo, extensions',
]

/** What names nothing, or only nearly something, and values at the edge of their type. */
const MISSES: Readonly<Record<string, readonly (string | null)[]>> = {
  name: [
    ...[
      '',
      ' ',
      '*',
      'nothing',
      'ANIMALS',
      'Zoo',
      '"Strange Table"',
      'zoo.animals',
      `it's`,
      'a"b',
      'x'.repeat(70),
    ],
    ...[
      'public',
      'PUBLIC',
      'pg_class',
      'pg_catalog',
      'information_schema',
      'tables',
      'int4',
      'integer',
      'varchar',
      '-',
    ],
    null,
  ],
  text: ['', 'ANIMALS', 'two\nlines', `it's`, '%', 'int4', 'numeric(10,2)', 'zoo.mood', null],
  integer: ['0', '-1', '1', '2', '3', '4', null],
  boolean: ['true', 'false', null],
}

/** Elements of arrays that are not there. */
const STRANGERS = ['nothing', 'Odd One', '', null, 'ANIMALS', 'integer', 'animals', 'zoo.animals']

/** Random calls of one overload of the function `name`. */
export type AnyCall = (name: string, overload: Overload) => fc.Arbitrary<Call>

/** What makes random calls of the cases and of things in a catalog. */
export function anyCall(things: readonly Thing[]): AnyCall {
  const known = cases.map((call) => ({ name: call.name, facts: factsOf(call) }))
  const inCatalog = things.map((args): Facts => ({ args, setup: [] }))
  const pool = poolOf([...known.map(({ facts }) => facts), ...inCatalog])
  return (name, { names, types }) => {
    const own = known.filter((one) => one.name === name).map(({ facts }) => facts)
    const related = inCatalog.filter(({ args }) => names.some((key) => key in args))
    return fc
      .tuple(fc.oneof(...weighed([3, own], [2, related])), fc.option(fc.constantFrom(...PATHS), { freq: 3 }))
      .chain(([{ args, setup }, path]) =>
        fc.tuple(...names.map((key, i) => argument(pool, key, types[i] ?? '', args[key]))).map((args) => ({
          name,
          args,
          setup: path === null ? setup : [...setup, `set local search_path = ${path}`],
        })),
      )
  }
}

function factsOf({ name, args, setup }: Call): Facts {
  const { names } = overloadOf(
    name,
    args.map(({ type }) => type),
  )
  return { setup, args: Object.fromEntries(names.flatMap((key, i) => (args[i] ? [[key, args[i]]] : []))) }
}

/** The arguments there are for a type, those that any fact has under this name, and all. */
type Pool = (
  key: string,
  type: string,
) => { readonly sameName: readonly Argument[]; readonly all: readonly Argument[] }

function poolOf(facts: readonly Facts[]): Pool {
  const named = facts.flatMap(({ args }) => Object.entries(args))
  const found = new Map<string, ReturnType<Pool>>()
  return (key, type) => {
    const at = `${key}:${type}`
    const fitting = found.get(at) ? [] : named.filter(([, arg]) => fits(type, arg.type))
    const pool = found.get(at) ?? {
      sameName: distinct(fitting.filter(([name]) => name === key).map(([, arg]) => arg)),
      all: distinct(fitting.map(([, arg]) => arg)),
    }
    found.set(at, pool)
    return pool
  }
}

function distinct(args: readonly Argument[]): Argument[] {
  return [...new Map(args.map((arg) => [JSON.stringify(arg), arg])).values()]
}

function fits(type: string, have: string): boolean {
  const bare = have.replace(/\(.*\)/, '')
  return type === 'any' || bare === type || (type === 'any[]' && bare.endsWith('[]'))
}

/** An argument, most often the one that belongs to the others. */
function argument(pool: Pool, key: string, type: string, own: Argument | undefined): fc.Arbitrary<Argument> {
  const { sameName, all } = pool(key, type)
  const belonging = own && fits(type, own.type) ? [own] : []
  const misses = (MISSES[type] ?? [null]).map(
    (value): PgtapArgument => ({ type: all[0]?.type ?? type, value }),
  )
  const whole = fc.oneof(...weighed([14, belonging], [3, sameName], [2, all], [1, misses]))
  return type.endsWith('[]') ? whole.chain(changed) : whole
}

/** Those that there are, some more often than others. */
function weighed<Item>(...groups: readonly (readonly [weight: number, items: readonly Item[]])[]) {
  return groups
    .filter(([, items]) => items.length > 0)
    .map(([weight, items]) => ({ weight, arbitrary: fc.nat(items.length - 1).map((i) => items[i] as Item) }))
}

/** An array, or one with an element less, more, twice, or with none at all. */
function changed(arg: Argument): fc.Arbitrary<Argument> {
  if ('query' in arg || !Array.isArray(arg.value)) return fc.constant(arg)
  const value: readonly (string | null)[] = arg.value
  const ways: fc.Arbitrary<readonly (string | null)[]>[] = [
    fc.constant(value),
    fc.constant(value),
    fc.constant([...value, ...value.slice(0, 1)]),
    fc.shuffledSubarray([...value]),
    fc.constantFrom(...STRANGERS).map((one) => [...value, one]),
    fc.constant([]),
  ]
  return fc.oneof(...ways).map((value) => ({ ...arg, value }))
}
