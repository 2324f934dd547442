/**
 * Calls that pgTAP decides otherwise than the claim of that name, which says what is true of the database. Whoever moves tests
 * over gets pgTAP's verdict from `callPgtap`, in its words; what it does is said at each.
 */
import type { Session } from '../../engines/index.ts'
import { CONSTRAINTS, listOfNames, namesOf } from '../constrained.ts'
import { restOf } from '../detail.ts'
import type { OnKin } from '../inheritance.ts'
import { ANY_TRIGGERS, POLICIES } from '../kinds.ts'
import { type Listing, namesIn } from '../listing.ts'
import { qualified, quoted } from '../name.ts'
import { partOf, withColumns } from '../parts.ts'
import { rowsOfRelation } from '../relation.ts'
import { sameText, sameThings, type Verdict, verdict } from '../verdict.ts'

/**
 * Kin no more than two generations apart: pgTAP's recursion goes on from the descendent alone. So the great-grandchild is no
 * descendent to it, of any depth.
 */
export const nearKin =
  (claim: OnKin, wanted: boolean): OnKin =>
  async (session, one, other, ...rest) => {
    const { detail: depth, description } = restOf(rest)
    const depths = [1, 2].filter((near) => depth === undefined || depth === near)
    const held: boolean[] = []
    for (const near of depths) held.push((await claim(session, one, other, near)).ok)
    const claimed = await claim(session, one, other, depth, description)
    return verdict(wanted ? held.includes(true) : !held.includes(false), claimed.description)
  }

/** What `partitions_are` is asked. */
interface OnPartitions {
  readonly schema?: string
  readonly table: string
  readonly partitions: readonly string[]
  readonly description?: string
}

/**
 * `partitions_are` compares what `regclass` prints, cut to the length of a name, with the text that is wanted. So a partition has
 * to be written with its schema and its quotes just where the server prints these, which the search path decides.
 */
export async function partitionsAre(
  session: Session,
  { schema, table, partitions, description }: OnPartitions,
): Promise<Verdict> {
  const whole = qualified(schema, table)
  const rows = await rowsOfRelation(session, whole, {
    columns: 'i.inhrelid::pg_catalog.regclass::name as name',
    join: 'join pg_catalog.pg_inherits as i on i.inhparent = c.oid',
    kinds: ['p'],
  })
  const have = rows.map(({ name }) => quoted(name ?? ''))
  const claimed = description ?? `Table ${whole} should have the correct partitions`
  return sameThings('partitions', have, partitions.map(quoted), claimed)
}

/** What `policy_roles_are` is asked. */
interface OnPolicyRoles {
  readonly schema?: string
  readonly table: string
  readonly policy: string
  readonly roles: readonly string[]
  readonly description?: string
}

/**
 * `policy_roles_are` sees no PUBLIC, since that is no role: a policy for it has none. Without a schema it takes the roles of all
 * policies of that name on tables of that name.
 */
export async function policyRolesAre(
  session: Session,
  { schema, table, policy, roles, description }: OnPolicyRoles,
): Promise<Verdict> {
  const have = await namesIn(
    session,
    `select r.rolname as name
     from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     ${POLICIES.join}
     join pg_catalog.pg_roles as r on r.oid = any(x.polroles)
     where c.relname = $2 and x.polname = $3 and n.nspname = coalesce($1, n.nspname)`,
    [schema ?? null, table, policy],
  )
  const claimed = `Policy ${quoted(policy)} for table ${qualified(schema, table)} should have the correct roles`
  return sameThings('policy roles', have.map(quoted), roles.map(quoted), description ?? claimed)
}

/** What `fk_ok` is asked where no schema is said. */
interface OnForeignKey {
  readonly table: string
  readonly columns: string | readonly string[]
  readonly to_table: string
  readonly to_columns: string | readonly string[]
  readonly description?: string | undefined
}

/** `fk_ok` without a schema goes by the referenced table's name alone, be it in a schema that the search path does not find. */
export async function fkOk(session: Session, asked: OnForeignKey): Promise<Verdict> {
  const { table, columns, to_table, to_columns, description } = asked
  const rows = await rowsOfRelation(session, qualified(null, table), {
    columns: `t.relname as name, ${listOfNames(namesOf('t.oid', 'k.confkey'))} as columns`,
    join: `${CONSTRAINTS} and k.contype = 'f' and ${namesOf('c.oid', 'k.conkey')} = $3::name[]
           join pg_catalog.pg_class as t on t.oid = k.confrelid`,
    values: [[columns].flat()],
  })
  const from = withColumns(quoted(table), columns)
  const wanted = withColumns(quoted(to_table), to_columns)
  const targets = rows.map(({ name, columns }) => `${quoted(name ?? '')}(${columns})`)
  const found = targets.find((target) => target === wanted) ?? targets[0] ?? 'NOTHING'
  return sameText(
    description ?? `${from} should reference ${wanted}`,
    `${from} REFERENCES ${found}`,
    `${from} REFERENCES ${wanted}`,
  )
}

/** `trigger_is` without a schema goes by the function's name alone. */
export async function triggerIs(
  session: Session,
  asked: {
    readonly table: string
    readonly trigger: string
    readonly called: string
    readonly description?: string
  },
): Promise<Verdict> {
  const { table, trigger, called, description } = asked
  const name = '(select p.proname from pg_catalog.pg_proc as p where p.oid = x.tgfoid) as called'
  const row = await partOf(session, ANY_TRIGGERS, qualified(null, table), trigger, name)
  return sameText(
    description ?? `Trigger ${quoted(trigger)} should call ${quoted(called)}()`,
    row?.['called'] ?? null,
    called,
  )
}

/** What `tables_are` and `views_are` are asked where no schema is said. */
interface OnPath {
  readonly names: readonly string[]
  readonly description?: string
}

/** To `tables_are` and `views_are` what the path finds in information_schema is extra, though it is missing when it is wanted. */
export const onPath =
  (claim: Listing, what: string, kinds: readonly string[]) =>
  async (session: Session, { names, description }: OnPath): Promise<Verdict> => {
    const { evidence = {}, description: claimed } = await claim(session, names, description)
    const { extra = [], missing = [] } = 'have' in evidence ? {} : evidence
    const system = await namesIn(
      session,
      `select c.relname as name
       from pg_catalog.pg_class as c
       where c.relnamespace = 'information_schema'::pg_catalog.regnamespace and c.relkind = any($1::"char"[])
         and pg_catalog.pg_table_is_visible(c.oid) and c.relname <> all($2::name[])`,
      [kinds, names],
    )
    return sameThings(what, [...extra, ...system.map(quoted)], missing, claimed)
  }
