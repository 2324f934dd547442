/** Claims on what kind of function it is: definer or invoker, strict, aggregate, window function, procedure. */
import type { Session } from '../engines/index.ts'
import { factOf, noSuchFunction, type OfFunction, signature, told } from './function-named.ts'
import { type Verdict, verdict } from './verdict.ts'

const definer = kind('p.prosecdef', 'security definer')
const strict = kind('p.proisstrict', 'strict')
const aggregate = kind(`p.prokind = 'a'`, 'an aggregate function')
const normal = kind(`p.prokind = 'f'`, 'a normal function')
const window = kind(`p.prokind = 'w'`, 'a window function')
const procedure = kind(`p.prokind = 'p'`, 'a procedure')

/**
 * `is_definer`: the function runs with the rights of its owner.
 *
 * @example
 * await tap.isDefiner('zoo.feed')
 */
export const isDefiner = definer.is

/**
 * `isnt_definer`: the function runs with the rights of its caller.
 *
 * @example
 * await tap.isntDefiner('zoo.greet', ['text'])
 */
export const isntDefiner = definer.isnt

/**
 * `is_strict`: the function answers NULL when an argument is NULL.
 *
 * @example
 * await tap.isStrict('zoo.greet', ['text'])
 */
export const isStrict = strict.is

/**
 * `isnt_strict`: the function is called with NULLs, too.
 *
 * @example
 * await tap.isntStrict('zoo.feed')
 */
export const isntStrict = strict.isnt

/**
 * `is_aggregate`: it is an aggregate function.
 *
 * @example
 * await tap.isAggregate('zoo.total_weight')
 */
export const isAggregate = aggregate.is

/**
 * `isnt_aggregate`: it is no aggregate function.
 *
 * @example
 * await tap.isntAggregate('zoo.feed')
 */
export const isntAggregate = aggregate.isnt

/**
 * `is_normal_function`: it is a function, and no aggregate, window function or procedure.
 *
 * @example
 * await tap.isNormalFunction('zoo.feed')
 */
export const isNormalFunction = normal.is

/**
 * `isnt_normal_function`: it is an aggregate, a window function or a procedure.
 *
 * @example
 * await tap.isntNormalFunction('zoo.total_weight')
 */
export const isntNormalFunction = normal.isnt

/**
 * `is_window`: it is a window function.
 *
 * @example
 * await tap.isWindow('zoo.running_number')
 */
export const isWindow = window.is

/**
 * `isnt_window`: it is no window function.
 *
 * @example
 * await tap.isntWindow('zoo.feed')
 */
export const isntWindow = window.isnt

/**
 * `is_procedure`: it is a procedure.
 *
 * @example
 * await tap.isProcedure('zoo.clean', ['integer'])
 */
export const isProcedure = procedure.is

/**
 * `isnt_procedure`: it is no procedure.
 *
 * @example
 * await tap.isntProcedure('zoo.feed')
 */
export const isntProcedure = procedure.isnt

/** The claims that a function is of a kind, and that it is not. One that does not exist is neither. */
function kind(fact: string, words: string) {
  const claim =
    (wanted: boolean) =>
    async (session: Session, name: string, ...args: OfFunction): Promise<Verdict> => {
      const { meant, description } = told(name, args, 0)
      const claimed = description ?? `Function ${signature(meant)} should ${wanted ? '' : 'not '}be ${words}`
      const have = await factOf(session, meant, fact)
      return have === null ? noSuchFunction(meant, claimed) : verdict((have === 'true') === wanted, claimed)
    }
  return { is: claim(true), isnt: claim(false) }
}
