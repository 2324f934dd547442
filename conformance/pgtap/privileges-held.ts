/** What a role may do with a thing, and the verdict on it. */
import type { Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

/** What a role has on a thing, or which of the two there is not. */
export type Held = { readonly privileges: readonly string[] } | 'no role' | 'no thing'

/** Selects the role of that parameter as `name`, PUBLIC too; no row when there is none. */
export function roleIn(parameter: string): string {
  return `select r.rolname::text as name from pg_catalog.pg_roles as r where r.rolname = ${parameter}
          union all select 'public' where ${parameter} = 'public'`
}

/** Asks for each known privilege. In the queries, $1 is the role, $2 what is known; further values begin with $3. */
export async function privilegesOf(
  session: Session,
  role: string,
  known: readonly string[],
  { thing, has, values }: { thing: string; has: string; values: readonly (string | null)[] },
): Promise<Held> {
  const [row] = await session.query(
    `with role as (${roleIn('$1')}),
          thing as (${thing})
     select (select count(*) from role) as roles, (select count(oid) from thing) as things,
            array_to_string(array(
              select p from role, thing, unnest($2::text[]) as p where thing.oid is not null and pg_catalog.${has}
            ), ' ') as held`,
    [role, known, ...values],
  )
  if (row?.['roles'] === '0') return 'no role'
  if (row?.['things'] === '0') return 'no thing'
  return { privileges: (row?.['held'] ?? '').split(' ').filter(Boolean) }
}

interface Judged {
  readonly role: string
  readonly privileges: readonly string[]
  readonly description: string | undefined
  /** The thing as the description names it, and as the complaint that it is missing does. */
  readonly on: string
  readonly missing: string
}

/** The verdict on what was found. */
export function judge(held: Held, { role, privileges, description, on, missing }: Judged): Verdict {
  const granted = privileges.length === 0 ? 'no privileges' : privileges.join(', ')
  const claimed = description ?? `Role ${quoted(role)} should be granted ${granted} on ${on}`
  if (held === 'no thing') return verdict(false, claimed, `    ${missing} does not exist`)
  if (held === 'no role') return verdict(false, claimed, `    Role ${quoted(role)} does not exist`)
  return sameThings('privileges', held.privileges, privileges, claimed)
}
