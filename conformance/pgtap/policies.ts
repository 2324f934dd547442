/** Claims on the policies of a table: which there are, for whom, for which command, and what they let through. */
import type { Session } from '../engines/index.ts'
import { POLICIES } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { partOf, partsAre } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { sameText, sameThings, type Verdict, verdict } from './verdict.ts'

/** What a policy is for. */
export type PolicyCommand = 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'

/**
 * `policies_are`: the table has these policies and no others.
 *
 * @example
 * await tap.policiesAre('zoo.feedings', ['Odd Policy'])
 */
export const policiesAre = partsAre(POLICIES)

/**
 * `policy_roles_are`: the policy is for these roles and no others. PUBLIC is no role: it counts where it is named, as `public`,
 * and a policy for it has no roles otherwise.
 *
 * @example
 * await tap.policyRolesAre('zoo.animals', 'animals_select_keepers', ['zoo_keepers'])
 */
export async function policyRolesAre(
  session: Session,
  table: string,
  policy: string,
  roles: readonly string[],
  description = `${policyOf(table, policy)} should have the correct roles`,
): Promise<Verdict> {
  const rows = await rowsOfRelation(session, table, {
    columns: `coalesce(r.rolname, 'public') as role`,
    join: `${POLICIES.join} and x.polname = $3::name
           cross join unnest(x.polroles) as u (role)
           left join pg_catalog.pg_roles as r on r.oid = u.role`,
    values: [policy],
  })
  const have = rows.map(({ role }) => role ?? '').filter((role) => role !== 'public' || roles.includes(role))
  return sameThings('policy roles', have.map(quoted), roles.map(quoted), description)
}

/**
 * `policy_cmd_is`: the policy is for this command.
 *
 * @example
 * await tap.policyCmdIs('zoo.animals', 'animals_select_keepers', 'SELECT')
 */
export async function policyCmdIs(
  session: Session,
  table: string,
  policy: string,
  command: PolicyCommand | Lowercase<PolicyCommand>,
  description?: string,
): Promise<Verdict> {
  const want = command.toUpperCase()
  const row = await partOf(
    session,
    POLICIES,
    table,
    policy,
    `case x.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE'
                   else 'ALL' end as have`,
  )
  return sameText(
    description ?? `${policyOf(table, policy)} should apply to ${want} command`,
    row?.['have'] ?? null,
    want,
  )
}

/**
 * The policy is permissive: rows pass that any permissive policy lets through.
 *
 * @example
 * await tap.policyIsPermissive('zoo.animals', 'animals_select_keepers')
 */
export const policyIsPermissive = property('x.polpermissive', 'be permissive')

/**
 * The policy is restrictive: no row passes that it does not let through.
 *
 * @example
 * await tap.policyIsRestrictive('zoo.animals', 'animals_all')
 */
export const policyIsRestrictive = property('not x.polpermissive', 'be restrictive')

/**
 * The policy's USING is this expression, as `pg_get_expr` prints it; null where there is none.
 *
 * @example
 * await tap.policyUsingIs('zoo.animals', 'animals_select_keepers', '(keeper_id IS NOT NULL)')
 */
export const policyUsingIs = expression('x.polqual', 'USING')

/**
 * The policy's WITH CHECK is this expression, as `pg_get_expr` prints it; null where there is none.
 *
 * @example
 * await tap.policyWithCheckIs('zoo.animals', 'animals_insert_vets', '(legs > 0)')
 */
export const policyWithCheckIs = expression('x.polwithcheck', 'WITH CHECK')

function policyOf(table: string, policy: string): string {
  return `Policy ${quoted(policy)} for table ${shown(table)}`
}

function nothing(table: string, policy: string, description: string): Verdict {
  return verdict(false, description, `    Policy ${quoted(policy)} does not exist on ${shown(table)}`)
}

function property(condition: string, sentence: string) {
  return async (
    session: Session,
    table: string,
    policy: string,
    description = `${policyOf(table, policy)} should ${sentence}`,
  ): Promise<Verdict> => {
    const row = await partOf(session, POLICIES, table, policy, `(${condition})::text as held`)
    return row ? verdict(row['held'] === 'true', description) : nothing(table, policy, description)
  }
}

function expression(column: string, clause: string) {
  return async (
    session: Session,
    table: string,
    policy: string,
    want: string | null,
    description = `${policyOf(table, policy)} should ${want === null ? 'have no' : 'have the correct'} ${clause}`,
  ): Promise<Verdict> => {
    const printed = `pg_catalog.pg_get_expr(${column}, x.polrelid) as have`
    const row = await partOf(session, POLICIES, table, policy, printed)
    return row ? sameText(description, row['have'] ?? null, want) : nothing(table, policy, description)
  }
}
