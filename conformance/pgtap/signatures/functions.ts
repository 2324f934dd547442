import type { Session } from '../../engines/index.ts'
import * as kinds from '../function-kinds.ts'
import type { OfFunction } from '../function-named.ts'
import * as claims from '../functions.ts'
import { qualified } from '../name.ts'
import type { Verdict } from '../verdict.ts'
import { type Overload, overloads } from './overloads.ts'
import { things } from './relations.ts'

type Claim<Claimed extends unknown[]> = (
  session: Session,
  name: string,
  ...args: OfFunction<Claimed>
) => Promise<Verdict>

/** A claim that says all by its name. */
const plain = (claim: Claim<[]>): Overload[] => [
  ...overloads('[schema:name] fn:name types:name[] [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.fn), a.types, a.description),
  ),
  ...overloads('[schema:name] fn:name [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.fn), a.description),
  ),
]

/** A claim on a text: pgTAP's type of it is `name` for a language, and `text` otherwise. */
const of = (claim: Claim<[string]>): Overload[] => [
  ...overloads('[schema:name] fn:name types:name[] claimed:text [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.fn), a.types, a.claimed, a.description),
  ),
  ...overloads('[schema:name] fn:name claimed:text [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.fn), a.claimed, a.description),
  ),
]

export const functions = {
  has_function: plain(claims.hasFunction),
  hasnt_function: plain(claims.hasntFunction),
  functions_are: things(claims.functionsAre),
  can: things(claims.can),
  function_lang_is: [
    ...overloads('[schema:name] fn:name types:name[] language:name [description:text]', (session, a) =>
      claims.functionLangIs(session, qualified(a.schema, a.fn), a.types, a.language, a.description),
    ),
    ...overloads('[schema:name] fn:name language:name [description:text]', (session, a) =>
      claims.functionLangIs(session, qualified(a.schema, a.fn), a.language, a.description),
    ),
  ],
  function_returns: of(claims.functionReturns),
  // A word that is no volatility is the database's to refuse, as in pgTAP.
  volatility_is: of((session, name, ...args) =>
    claims.volatilityIs(session, name, ...(args as OfFunction<[claims.Volatility]>)),
  ),
  is_definer: plain(kinds.isDefiner),
  isnt_definer: plain(kinds.isntDefiner),
  is_strict: plain(kinds.isStrict),
  isnt_strict: plain(kinds.isntStrict),
  is_aggregate: plain(kinds.isAggregate),
  isnt_aggregate: plain(kinds.isntAggregate),
  is_normal_function: plain(kinds.isNormalFunction),
  isnt_normal_function: plain(kinds.isntNormalFunction),
  is_window: plain(kinds.isWindow),
  isnt_window: plain(kinds.isntWindow),
  is_procedure: plain(kinds.isProcedure),
  isnt_procedure: plain(kinds.isntProcedure),
}
