import { qualified } from '../name.ts'
import * as policies from '../policies.ts'
import * as rules from '../rules.ts'
import * as triggers from '../triggers.ts'
import { overloads } from './overloads.ts'
import { part, parts } from './parts.ts'

/** pgTAP reads the first letter of an event, and knows no others. */
function eventOf(word: string): rules.RuleEvent {
  const event = (['SELECT', 'UPDATE', 'INSERT', 'DELETE'] as const).find(
    ([initial = '']) => initial === word.charAt(0).toUpperCase(),
  )
  if (event) return event
  throw new RangeError(`A rule is on SELECT, UPDATE, INSERT or DELETE, not on ${JSON.stringify(word)}.`)
}

/** A command in any case. */
function commandOf(word: string): policies.PolicyCommand {
  const command = (['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const).find(
    (command) => command === word.toUpperCase(),
  )
  if (command) return command
  throw new RangeError(
    `A policy is for ALL, SELECT, INSERT, UPDATE or DELETE, not for ${JSON.stringify(word)}.`,
  )
}

/** What triggers, rules and policies do. */
export const actions = {
  has_trigger: part(triggers.hasTrigger),
  hasnt_trigger: part(triggers.hasntTrigger),
  triggers_are: parts(triggers.triggersAre),
  trigger_is: [
    ...overloads(
      'schema:name table:name trigger:name function_schema:name called:name [description:text]',
      (session, { schema, table, trigger, function_schema, called, description }) =>
        triggers.triggerIs(
          session,
          qualified(schema, table),
          trigger,
          qualified(function_schema, called),
          description,
        ),
    ),
    ...overloads(
      'table:name trigger:name called:name [description:text]',
      (session, { table, trigger, called, description }) =>
        triggers.triggerIs(session, qualified(null, table), trigger, qualified(null, called), description),
    ),
  ],
  has_rule: part(rules.hasRule),
  hasnt_rule: part(rules.hasntRule),
  rules_are: parts(rules.rulesAre),
  rule_is_instead: part(rules.ruleIsInstead),
  rule_is_on: overloads(
    '[schema:name] relation:name rule:name event:text [description:text]',
    (session, { schema, relation, rule, event, description }) =>
      rules.ruleIsOn(session, qualified(schema, relation), rule, eventOf(event), description),
  ),
  policies_are: parts(policies.policiesAre),
  policy_roles_are: overloads(
    '[schema:name] table:name policy:name roles:name[] [description:text]',
    (session, { schema, table, policy, roles, description }) =>
      policies.policyRolesAre(session, qualified(schema, table), policy, roles, description),
  ),
  policy_cmd_is: overloads(
    '[schema:name] table:name policy:name command:text [description:text]',
    (session, { schema, table, policy, command, description }) =>
      policies.policyCmdIs(session, qualified(schema, table), policy, commandOf(command), description),
  ),
}
