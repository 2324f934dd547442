import * as claims from '../values.ts'
import { overloads } from './overloads.ts'
import { typedOf } from './typed-of.ts'

const pattern = (claim: typeof claims.matches) =>
  overloads('have:any pattern:text [description:text]', (session, { have, pattern, description }) =>
    claim(session, typedOf(have), pattern, description),
  )

export const values = {
  ok: overloads('held:boolean? [description:text]', (session, { held, description }) =>
    claims.ok(session, held === null ? null : /^t/.test(held), description),
  ),
  pass: overloads('[description:text]', (session, { description }) => claims.pass(session, description)),
  fail: overloads('[description:text]', (session, { description }) => claims.fail(session, description)),
  is: overloads('have:any want:any [description:text]', (session, { have, want, description }) =>
    claims.is(session, typedOf(have), typedOf(want), description),
  ),
  isnt: overloads('have:any want:any [description:text]', (session, { have, want, description }) =>
    claims.isnt(session, typedOf(have), typedOf(want), description),
  ),
  matches: pattern(claims.matches),
  imatches: pattern(claims.imatches),
  doesnt_match: pattern(claims.doesntMatch),
  doesnt_imatch: pattern(claims.doesntImatch),
  alike: pattern(claims.alike),
  ialike: pattern(claims.ialike),
  unalike: pattern(claims.unalike),
  unialike: pattern(claims.unialike),
  cmp_ok: overloads(
    'have:any operator:text want:any [description:text]',
    (session, { have, operator, want, description }) =>
      claims.cmpOk(session, typedOf(have), operator, typedOf(want), description),
  ),
  isa_ok: overloads('have:any type:regtype [name:text]', (session, { have, type, name }) =>
    claims.isaOk(session, typedOf(have), type, name),
  ),
}
