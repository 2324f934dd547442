import { POLICIES, RULES } from '../kinds.ts'
import { qualified } from '../name.ts'
import * as policies from '../policies.ts'
import * as rules from '../rules.ts'
import * as triggers from '../triggers.ts'
import { policyRolesAre, triggerIs } from './as-pgtap-decides.ts'
import { partsOfUsers, policiesOfNamesakes, triggersOfNamesakes, wherever } from './namesakes.ts'
import { overloads } from './overloads.ts'
import { part, partsWithSchema } from './parts.ts'

/** pgTAP reads the first letter of an event; what no event begins with is UNKNOWN, and no rule is on that. */
function eventOf(word: string | null): rules.RuleEvent {
  const initial = word?.charAt(0).toUpperCase()
  const event = (['SELECT', 'UPDATE', 'INSERT', 'DELETE'] as const).find(([first]) => first === initial)
  return event ?? ('UNKNOWN' as rules.RuleEvent)
}

/** Any word will do: no policy is for one that is no command. */
const commandOf = (word: string) => word as policies.PolicyCommand

/** What triggers, rules and policies do. */
export const actions = {
  has_trigger: part(triggers.hasTrigger),
  hasnt_trigger: part(triggers.hasntTrigger),
  triggers_are: partsWithSchema(triggers.triggersAre, triggersOfNamesakes),
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
    ...overloads('table:name trigger:name called:name [description:text]', triggerIs),
  ],
  has_rule: part(rules.hasRule),
  hasnt_rule: part(rules.hasntRule),
  rules_are: partsWithSchema(rules.rulesAre, partsOfUsers(RULES)),
  rule_is_instead: part(rules.ruleIsInstead),
  rule_is_on: [
    ...overloads(
      'schema:name relation:name rule:name event:text? [description:text]',
      (session, { schema, relation, rule, event, description }) =>
        rules.ruleIsOn(session, qualified(schema, relation), rule, eventOf(event), description),
    ),
    ...overloads(
      'relation:name rule:name event:text? [description:text]',
      (session, { relation, rule, event, description }) =>
        wherever(session, RULES, [relation, rule], (relation) =>
          rules.ruleIsOn(session, relation, rule, eventOf(event), description),
        ),
    ),
  ],
  policies_are: partsWithSchema(policies.policiesAre, policiesOfNamesakes),
  policy_roles_are: overloads(
    '[schema:name] table:name policy:name roles:name[] [description:text]',
    policyRolesAre,
  ),
  policy_cmd_is: [
    ...overloads(
      'schema:name table:name policy:name command:text [description:text]',
      (session, { schema, table, policy, command, description }) =>
        policies.policyCmdIs(session, qualified(schema, table), policy, commandOf(command), description),
    ),
    ...overloads(
      'table:name policy:name command:text [description:text]',
      (session, { table, policy, command, description }) =>
        wherever(session, POLICIES, [table, policy], (table) =>
          policies.policyCmdIs(session, table, policy, commandOf(command), description),
        ),
    ),
  ],
}
