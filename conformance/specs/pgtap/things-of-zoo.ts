/** What is in the catalog of the zoo, as arguments by the names that signatures give them: things that belong together. */
import { z } from 'zod'
import type { Session } from '../../engines/index.ts'
import type { PgtapArgument } from '../../pgtap/index.ts'

/** Arguments that belong together: a table with its schema, one of its columns, its type. */
export type Thing = Readonly<Record<string, PgtapArgument>>

const SCHEMA = `join pg_namespace as n on n.nspname in ('zoo', 'zoo_annex', 'Odd Zoo', 'public')`
const RELATION = `${SCHEMA} and n.oid = c.relnamespace`
const NAMED = 'n.nspname as schema, c.relname as thing, c.relname as relation, c.relname as table'

const namesOf = (relation: string, numbers: string) =>
  `array(select attname from pg_attribute join unnest(${numbers}) with ordinality as u (number, place) on number = attnum
         where attrelid = ${relation} order by place)`
const typesOf = (types: string) =>
  `array(select format_type(type, null) from unnest(${types}) with ordinality as u (type, place) order by place)`

/** Queries whose columns are named after arguments, with their type behind a colon where that is neither `name` nor `name[]`. */
const QUERIES: readonly string[] = [
  // All of a kind in a schema.
  ...["'r', 'p'", "'v'", "'m'", "'S'", "'f'"].map(
    (kinds) => `select n.nspname as schema, array_agg(c.relname) as names from pg_class as c ${RELATION}
                where c.relkind in (${kinds}) group by 1`,
  ),
  `select n.nspname as schema, array_agg(distinct p.proname) as names
   from pg_proc as p ${SCHEMA} and n.oid = p.pronamespace group by 1`,
  ...["'c', 'e', 'd'", "'d'", "'e'"].map(
    (kinds) => `select n.nspname as schema, array_agg(t.typname) as names
                from pg_type as t ${SCHEMA} and n.oid = t.typnamespace
                left join pg_class as c on c.oid = t.typrelid
                where t.typtype in (${kinds}) and coalesce(c.relkind, 'c') = 'c' group by 1`,
  ),
  // Relations and what belongs to them.
  `select ${NAMED}, pg_get_userbyid(c.relowner) as owner, c.relname as one, n.nspname as "oneSchema"
   from pg_class as c ${RELATION}`,
  `select ${NAMED}, a.attname as part, a.attname as column, array[a.attname] as columns,
          format_type(a.atttypid, a.atttypmod) as "type:text"
   from pg_class as c ${RELATION} join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`,
  `select ${NAMED}, i.relname as part, i.relname as index, m.amname as type, pg_get_userbyid(i.relowner) as owner,
          ${namesOf('c.oid', 'x.indkey')} as columns
   from pg_class as c ${RELATION} join pg_index as x on x.indrelid = c.oid
   join pg_class as i on i.oid = x.indexrelid join pg_am as m on m.oid = i.relam`,
  `select ${NAMED}, ${namesOf('c.oid', 'k.conkey')} as columns, ${namesOf('c.oid', 'k.conkey')} as parts,
          t.relname as to_table, tn.nspname as to_schema, ${namesOf('t.oid', 'k.confkey')} as to_columns
   from pg_class as c ${RELATION} join pg_constraint as k on k.conrelid = c.oid
   left join pg_class as t on t.oid = k.confrelid left join pg_namespace as tn on tn.oid = t.relnamespace`,
  `select ${NAMED}, x.tgname as part, x.tgname as trigger, f.pronamespace::regnamespace::text as "function_schema:name",
          f.proname as called
   from pg_class as c ${RELATION} join pg_trigger as x on x.tgrelid = c.oid join pg_proc as f on f.oid = x.tgfoid`,
  `select ${NAMED}, x.rulename as part, x.rulename as rule
   from pg_class as c ${RELATION} join pg_rewrite as x on x.ev_class = c.oid`,
  `select ${NAMED}, x.polname as part, x.polname as policy,
          array(select rolname from pg_roles where oid = any (x.polroles)) as roles
   from pg_class as c ${RELATION} join pg_policy as x on x.polrelid = c.oid`,
  `select ${NAMED}, r.rolname as role,
          array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as p
                where has_table_privilege(r.oid, c.oid, p)) as privileges
   from pg_class as c ${RELATION} join pg_roles as r on r.rolname ~* 'zoo' where c.relkind in ('r', 'v')`,
  // Inheritance and partitions.
  `select c.relname as other, n.nspname as "otherSchema", c.relname as part, n.nspname as "partSchema",
          p.relname as one, pn.nspname as "oneSchema", p.relname as whole, pn.nspname as "wholeSchema"
   from pg_class as c ${RELATION} join pg_inherits as i on i.inhrelid = c.oid
   join pg_class as p on p.oid = i.inhparent join pg_namespace as pn on pn.oid = p.relnamespace`,
  `select ${NAMED}, array(select i.inhrelid::regclass::name from pg_inherits as i where i.inhparent = c.oid) as partitions
   from pg_class as c ${RELATION} where c.relkind = 'p'`,
  // Functions, types, operators, casts.
  `select n.nspname as schema, p.proname as fn, p.proname as thing, l.lanname as language,
          format_type(p.prorettype, null) as "claimed:text", ${typesOf('p.proargtypes')} as types,
          pg_get_userbyid(p.proowner) as owner
   from pg_proc as p ${SCHEMA} and n.oid = p.pronamespace join pg_language as l on l.oid = p.prolang`,
  `select n.nspname as schema, t.typname as thing, t.typname as enum, t.typname as "domain:text",
          format_type(t.typbasetype, t.typtypmod) as "type:text", pg_get_userbyid(t.typowner) as owner,
          array(select enumlabel from pg_enum where enumtypid = t.oid order by enumsortorder) as labels
   from pg_type as t ${SCHEMA} and n.oid = t.typnamespace where t.typtype <> 'b'`,
  `select case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left, n.nspname as schema, o.oprname as symbol,
          format_type(o.oprright, null) as right, format_type(o.oprresult, null) as returns
   from pg_operator as o join pg_namespace as n on n.oid = o.oprnamespace
   where n.nspname = 'zoo' or o.oprname in ('=', '-', '||')`,
  `select format_type(c.castsource, null) as source, format_type(c.casttarget, null) as target,
          c.castcontext::text as "context:text", p.proname as function, n.nspname as schema
   from pg_cast as c left join pg_proc as p on p.oid = c.castfunc left join pg_namespace as n on n.oid = p.pronamespace
   where c.oid > 16000 or c.castsource < 30`,
  `select n.nspname as schema, o.opcname as thing, pg_get_userbyid(o.opcowner) as owner
   from pg_opclass as o ${SCHEMA} and n.oid = o.opcnamespace`,
  // What has no schema.
  `select nspname as thing, nspname as schema, pg_get_userbyid(nspowner) as owner from pg_namespace where nspname !~ '^pg_t'`,
  `select lanname as thing, pg_get_userbyid(lanowner) as owner from pg_language`,
  `select e.extname as thing, n.nspname as schema from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace`,
  `select r.rolname as role, r.rolname as thing,
          array(select m.rolname from pg_auth_members as a join pg_roles as m on m.oid = a.member
                where a.roleid = r.oid) as members
   from pg_roles as r`,
]

const row = z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()]))

/** All things, in the order of the queries. Throws when a query's answer is none of names and lists of names. */
export async function thingsOfZoo(session: Session): Promise<Thing[]> {
  const things: Thing[] = []
  for (const query of QUERIES) {
    const rows = await session.query(`select to_jsonb(q)::text as thing from (${query}) as q order by 1`)
    things.push(...rows.map(({ thing }) => thingOf(row.parse(JSON.parse(thing ?? '')))))
  }
  return things
}

function thingOf(columns: z.infer<typeof row>): Thing {
  const args = Object.entries(columns).flatMap(([column, value]) => {
    const [key = '', type = Array.isArray(value) ? 'name[]' : 'name'] = column.split(':')
    return value === null ? [] : [[key, { type, value }] as const]
  })
  return Object.fromEntries(args)
}
