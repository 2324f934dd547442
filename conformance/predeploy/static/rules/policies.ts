/** Policies: for whom, under which condition, and whether they grow. */
import { type Node, nodeAs } from '../../../syntax/index.ts'
import { isAlways, isAnySignedIn } from '../conditions.ts'
import { type Policy, policiesOf, policyChanges } from '../policies.ts'
import type { Rule } from '../rule.ts'

/** Policies say for whom they are. */
export const policiesNameTheirRoles: Rule = {
  id: 'policies-name-their-roles',
  title: 'every policy says for which roles it is',
  looksFor: 'a policy without `to`, or with `to public`',
  hint: 'Add `to authenticated`, or whoever it is for.',
  concerns: 'state',
  judge: (script) =>
    policiesOf(script)
      .filter(({ roles }) => roles.includes('public'))
      .map(({ at, name, table }) => ({
        at,
        objects: [`${name} on ${table}`],
        reason: 'It is for every role, anon included.',
      })),
}

/** Policies have a condition. */
export const policiesHaveACondition: Rule = {
  id: 'policies-have-a-condition',
  title: 'no policy lets every row through',
  looksFor:
    '`using (true)` and `with check (true)`, or a condition that comes to that, or holds for whoever is signed in, such as `auth.uid() is not null`; a policy for SELECT alone that is not for anon or public is a warning, such as on a list that all users read',
  hint: 'Compare a column with who asks: `using (user_id = (select auth.uid()))`.',
  concerns: 'state',
  judge: (script) =>
    policiesOf(script)
      .filter(({ isRestrictive, roles }) => !isRestrictive && !roles.every((role) => role === 'service_role'))
      .filter(({ using, check }) => [using, check].some((each) => isAlways(each) || isAnySignedIn(each)))
      .map(({ at, name, table, command, roles, using, check }) => {
        const isRead = command === 'select' && !roles.some((role) => ['anon', 'public'].includes(role))
        return {
          at,
          objects: [`${name} on ${table}`],
          reason: `${[using, check].some(isAlways) ? roles.join(', ') : 'whoever is signed in'} may ${command === 'all' ? 'read and write' : command} every row.`,
          severity: isRead ? 'warning' : 'error',
        }
      }),
}

/** Policies do not grow without a word. */
export const policiesAreNotWidened: Rule = {
  id: 'policies-are-not-widened',
  title: 'no policy is widened',
  looksFor:
    'ALTER POLICY, or a policy made again, with more roles than before, for more commands, without one of the conditions that were joined by AND, or with one more by OR',
  hint: 'Write a second policy for what is new, or say in a suppression why more is let through.',
  concerns: 'moment',
  judge: (script) =>
    policyChanges(script).flatMap(({ before, after }) => {
      const reasons = widened(before, after)
      if (reasons.length === 0) return []
      return [{ at: after.at, objects: [`${after.name} on ${after.table}`], reason: reasons.join(' ') }]
    }),
}

function widened(before: Policy, after: Policy): string[] {
  const more = after.roles.filter((role) => !before.roles.includes(role))
  const isOpen = before.roles.includes('public')
  return [
    ...(more.length > 0 && !isOpen ? [`It is for ${more.join(', ')}, too.`] : []),
    ...(after.command === 'all' && before.command !== 'all'
      ? [`It was for ${before.command}, and is for all.`]
      : []),
    ...(isWider(before.using, after.using) ? ['Its USING lets more rows through.'] : []),
    ...(isWider(before.check, after.check) ? ['Its WITH CHECK lets more rows through.'] : []),
  ]
}

/** Whether a condition holds for more rows than the one before, as far as can be told without asking a database. */
function isWider(before: Node | undefined, after: Node | undefined): boolean {
  if (before === undefined || after === undefined || isAlways(before)) return false
  if (isAlways(after)) return true
  const had = joined(before, 'AND_EXPR')
  const has = joined(after, 'AND_EXPR')
  const isLess = has.length < had.length && has.every((each) => had.includes(each))
  const oldWays = joined(before, 'OR_EXPR')
  const newWays = joined(after, 'OR_EXPR')
  return isLess || (newWays.length > oldWays.length && oldWays.every((each) => newWays.includes(each)))
}

/** The parts of a condition, as text that does not depend on where they stand. */
function joined(condition: Node, by: 'AND_EXPR' | 'OR_EXPR'): string[] {
  const expression = nodeAs(condition, 'BoolExpr')
  const parts = expression?.boolop === by ? (expression.args ?? []) : [condition]
  return parts.map((part) => JSON.stringify(part, (key, value) => (key === 'location' ? undefined : value)))
}
