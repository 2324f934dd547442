/** Claims on the rewrite rules of a relation. A view has one: `_RETURN`. */
import type { Session } from '../engines/index.ts'
import { RULES } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { partExistence, partOf, partsAre } from './parts.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** What a rule is on. */
export type RuleEvent = 'SELECT' | 'UPDATE' | 'INSERT' | 'DELETE'

const rules = partExistence(RULES, (relation, rule, be) => `Relation ${relation} ${be} have rule ${rule}`)

/**
 * `has_rule`: the relation has a rule of that name.
 *
 * @example
 * await tap.hasRule('zoo.notes', 'no_deletes')
 */
export const hasRule = rules.has

/**
 * `hasnt_rule`: the relation has no rule of that name.
 *
 * @example
 * await tap.hasntRule('zoo.notes', 'no_updates')
 */
export const hasntRule = rules.hasnt

/**
 * `rules_are`: the relation has these rules and no others.
 *
 * @example
 * await tap.rulesAre('zoo.notes', ['no_deletes'])
 */
export const rulesAre = partsAre(RULES)

/**
 * `rule_is_instead`: the rule is an INSTEAD rule.
 *
 * @example
 * await tap.ruleIsInstead('zoo.notes', 'no_deletes')
 */
export async function ruleIsInstead(
  session: Session,
  relation: string,
  rule: string,
  description = `Rule ${quoted(rule)} on relation ${shown(relation)} should be an INSTEAD rule`,
): Promise<Verdict> {
  const row = await partOf(session, RULES, relation, rule, 'x.is_instead::text as held')
  if (row) return verdict(row['held'] === 'true', description)
  return verdict(false, description, `    Rule ${quoted(rule)} does not exist`)
}

/**
 * `rule_is_on`: the rule is on this event.
 *
 * @example
 * await tap.ruleIsOn('zoo.notes', 'no_deletes', 'DELETE')
 */
export async function ruleIsOn(
  session: Session,
  relation: string,
  rule: string,
  event: RuleEvent | Lowercase<RuleEvent>,
  description?: string,
): Promise<Verdict> {
  const want = event.toUpperCase()
  const claimed = description ?? `Rule ${quoted(rule)} should be on ${want} to ${shown(relation)}`
  const row = await partOf(
    session,
    RULES,
    relation,
    rule,
    `(array['SELECT', 'UPDATE', 'INSERT', 'DELETE'])[x.ev_type::text::integer] as have`,
  )
  if (row) return sameText(claimed, row['have'] ?? null, want)
  return verdict(false, claimed, `    Rule ${quoted(rule)} does not exist on ${shown(relation)}`)
}
