/** Casts, operators and operator classes. */
import * as casts from '../casts.ts'
import { qualified, quoted } from '../name.ts'
import * as classes from '../operator-classes.ts'
import * as claims from '../operators.ts'
import { type Overload, overloads } from './overloads.ts'
import { thing, things } from './relations.ts'

const onCast = (claim: casts.OnCast): Overload[] => [
  ...overloads('source:name target:name [schema:name] function:name [description:text]', (session, a) =>
    claim(session, a.source, a.target, { function: qualified(a.schema, a.function) }, a.description),
  ),
  ...overloads('source:name target:name [description:text]', (session, a) =>
    claim(session, a.source, a.target, a.description),
  ),
]

/** pgTAP goes by the first letter; what no context begins with is unknown, and no cast has that. */
function contextOf(word: string | null): casts.CastContext {
  const context = CONTEXTS.find(([letter]) => letter === word?.charAt(0).toLowerCase())
  return context ?? ('unknown' as casts.CastContext)
}

const CONTEXTS = ['implicit', 'assignment', 'explicit'] as const

/** Which schema an operator is in can only be said together with what it returns. */
const operator = (schema: string, symbol: string) => `${quoted(schema)}.${symbol}`
const returning = (returns: string | undefined) => (returns === undefined ? undefined : { returns })

const between = (claim: typeof claims.hasOperator): Overload[] => [
  ...overloads(
    'left:name schema:name symbol:name right:name returns:name [description:text]',
    (session, { left, schema, symbol, right, returns, description }) =>
      claim(session, left, operator(schema, symbol), right, { returns }, description),
  ),
  ...overloads('left:name symbol:name right:name [returns:name] [description:text]', (session, a) =>
    claim(session, a.left, a.symbol, a.right, returning(a.returns), a.description),
  ),
]

const before = (claim: typeof claims.hasLeftop): Overload[] => [
  ...overloads('schema:name symbol:name right:name returns:name [description:text]', (session, a) =>
    claim(session, operator(a.schema, a.symbol), a.right, { returns: a.returns }, a.description),
  ),
  ...overloads('symbol:name right:name [returns:name] [description:text]', (session, a) =>
    claim(session, a.symbol, a.right, returning(a.returns), a.description),
  ),
]

const after = (claim: typeof claims.hasRightop): Overload[] => [
  ...overloads('left:name schema:name symbol:name returns:name [description:text]', (session, a) =>
    claim(session, a.left, operator(a.schema, a.symbol), { returns: a.returns }, a.description),
  ),
  ...overloads('left:name symbol:name [returns:name] [description:text]', (session, a) =>
    claim(session, a.left, a.symbol, returning(a.returns), a.description),
  ),
]

export const operators = {
  has_cast: onCast(casts.hasCast),
  hasnt_cast: onCast(casts.hasntCast),
  cast_context_is: overloads('source:name target:name context:text? [description:text]', (session, a) =>
    casts.castContextIs(session, a.source, a.target, contextOf(a.context), a.description),
  ),
  casts_are: overloads('casts:text[] [description:text]', (session, { casts: named, description }) =>
    casts.castsAre(session, named, description),
  ),
  has_operator: between(claims.hasOperator),
  hasnt_operator: between(claims.hasntOperator),
  has_leftop: before(claims.hasLeftop),
  hasnt_leftop: before(claims.hasntLeftop),
  has_rightop: after(claims.hasRightop),
  hasnt_rightop: after(claims.hasntRightop),
  operators_are: [
    ...overloads('schema:name operators:text[] [description:text]', (session, a) =>
      claims.operatorsAre(session, a.schema, a.operators, a.description),
    ),
    ...overloads('operators:text[] [description:text]', (session, a) =>
      claims.operatorsAre(session, a.operators, a.description),
    ),
  ],
  has_opclass: thing(classes.hasOpclass),
  hasnt_opclass: thing(classes.hasntOpclass),
  opclasses_are: things(classes.opclassesAre),
}
