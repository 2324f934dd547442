/**
 * How the positional arguments of a pgTAP function become a call of ours.
 *
 * A pattern names each argument and its type, in order; one in brackets may be left out. `[schema:name] table:name
 * [description:text]` are the four overloads of `has_table`. A pattern is read by the compiler, too: the adapter is called with
 * just these arguments, and one that is not in the pattern is a type error.
 *
 * Where pgTAP means something by NULL, the type ends in `?`. Anywhere else a NULL names nothing, and is refused.
 */
import type { Session } from '../../engines/index.ts'
import type { Verdict } from '../verdict.ts'

/** An argument of a pgTAP function: its SQL type as `format_type` names it, and its value as text. */
export interface PgtapArgument {
  readonly type: string
  readonly value: string | null | readonly (string | null)[]
}

/** What stands for a value of any type: the argument itself, since its type matters. */
type Any = 'any' | 'any[]'

/** The TypeScript type of an argument of this SQL type. */
type ValueOf<Type extends string> = Type extends `${infer Bare}?`
  ? ValueOf<Bare> | null
  : Type extends Any
    ? PgtapArgument
    : Type extends `${string}[]`
      ? readonly string[]
      : string

/** The arguments of one word of a pattern. */
type Argument<Word extends string> = Word extends `[${infer Name}:${infer Type}]]`
  ? { readonly [Key in Name]?: ValueOf<`${Type}]`> }
  : Word extends `[${infer Name}:${infer Type}]`
    ? { readonly [Key in Name]?: ValueOf<Type> }
    : Word extends `${infer Name}:${infer Type}`
      ? { readonly [Key in Name]: ValueOf<Type> }
      : never

/** The arguments of a pattern, by name. */
export type Arguments<Pattern extends string> = Pattern extends `${infer Word} ${infer Rest}`
  ? Argument<Word> & Arguments<Rest>
  : Pattern extends ''
    ? unknown
    : Argument<Pattern>

/** One overload: the names and types of its arguments, in order, and what it calls. */
export interface Overload {
  readonly names: readonly string[]
  readonly types: readonly string[]
  /** The names of those that may be NULL. */
  readonly nullable: readonly string[]
  readonly call: (session: Session, args: Readonly<Record<string, unknown>>) => Promise<Verdict>
}

/** The overloads that a pattern stands for; types are written with `_` for a space, as in `character_varying`. */
export function overloads<const Pattern extends string>(
  pattern: Pattern,
  call: (session: Session, args: Arguments<Pattern>) => Promise<Verdict>,
): Overload[] {
  const words = pattern.split(' ').filter((word) => word !== '')
  return combinations(words).map((chosen) => {
    const pairs = chosen.map((word) => word.replace(/^\[(.*)\]$/, '$1').split(':'))
    return {
      names: pairs.map(([name = '']) => name),
      types: pairs.map(([, type = '']) => type.replace(/\?$/, '').replaceAll('_', ' ')),
      nullable: pairs.flatMap(([name = '', type = '']) => (type.endsWith('?') ? [name] : [])),
      // The names and types above are the pattern's, which is what the type says.
      call: call as Overload['call'],
    }
  })
}

/** With and without each word that may be left out. */
function combinations(words: readonly string[]): string[][] {
  const [first, ...rest] = words
  if (first === undefined) return [[]]
  const after = combinations(rest)
  const withFirst = after.map((words) => [first, ...words])
  return first.startsWith('[') ? [...withFirst, ...after] : withFirst
}
