/** Calls of set_quota about Acme’s quotas, and what these become. */
import { acme } from '../../../fixtures/people.ts'

/** Whose quotas they are. */
export const id = acme.tenantId
/** A call. */
export const set = (given: string, whose = `'tenant', '${id}'`) =>
  `select copilot_internal.set_quota(${whose}, ${given}) is not null as made`
/** What it answers. */
export const MADE = [{ made: true }]
/** The quotas that there are. */
export const quotas = `
  select period, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent, trim_scale(warning_threshold) as warned,
         unpriced_policy as policy, period_anchor - now() as anchored
  from copilot_internal.cost_quotas order by period`
/** What a quota has when nothing but its limit is given. */
export const plain = { limit: 10, spent: 0, warned: '0.8', policy: 'allow', anchored: '00:00:00' }
/** Quotas that are there already, one per period. */
export const given = (...periods: readonly string[]) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select 'tenant', '${id}', 'llm', 10, p from unnest('{${periods.join(',')}}'::text[]) as p`
