import { type Session, Unavailable } from '../engines/index.ts'

/** What the nine checks read or call, besides the catalog: the price lists, and the two calculations. */
const READ = ['e2b_pricing', 'model_pricing'] as const
const CALLED = ['calculate_e2b_cost', 'calculate_llm_cost'] as const

/**
 * Throws {@link Unavailable} unless whoever is logged in can see what the checks need: a refusal must not look like a broken
 * database, nor hidden rows like missing prices. What is not there at all is a finding, and none of this.
 */
export async function mustSeeEnough(session: Session): Promise<void> {
  const rows = await session.query(LACKING, [READ, CALLED])
  if (rows.length === 0) return
  const [{ login } = { login: '' }] = rows
  const lacking = rows.map(({ lacking }) => lacking).join(', ')
  throw new Unavailable(
    `${login} cannot see enough to verify phase 1: it lacks ${lacking}; \`grant authenticated to ${login}\` gives what the migrations mean a reader to have.`,
  )
}

// By the catalog and not by name: looking a name up in a schema takes the privilege that may be lacking.
const LACKING = `
  with relation as (
    select c.oid, c.relname from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'copilot_internal' and c.relname = any($1)
  ), policy as (
    select r.relname, p.polroles from pg_catalog.pg_policy as p join relation as r on r.oid = p.polrelid
    where p.polpermissive and p.polcmd in ('r', '*')
  ), lacking (rank, lacking) as (
    select 1, 'usage on schema ' || nspname from pg_catalog.pg_namespace
    where nspname = 'copilot_internal' and not has_schema_privilege(oid, 'usage')
    union all
    select 2, 'select on copilot_internal.' || relname from relation where not has_table_privilege(oid, 'select')
    union all
    select 3, 'execute on ' || p.oid::regprocedure from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'copilot_internal' and p.proname = any($2) and not has_function_privilege(p.oid, 'execute')
    union all
    select 4, 'membership in ' || string_agg(distinct pg_get_userbyid(role), ' or ')
              || ' (row level security of copilot_internal.' || r.relname || ' shows it no row)'
    from relation as r join policy using (relname), unnest(policy.polroles) as role
    where row_security_active(r.oid)
      and not exists (
        select from policy as other, unnest(other.polroles) as allowed
        where other.relname = r.relname and (allowed = 0 or pg_has_role(allowed, 'usage'))
      )
    group by r.relname
  )
  select lacking, current_user as login from lacking order by rank, lacking`
