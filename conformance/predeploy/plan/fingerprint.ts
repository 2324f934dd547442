/** Everything by which the schemas of a target can be told from what they were: for a plan, which is for one state alone. */
import { createHash } from 'node:crypto'
import type { Session } from '../../engines/index.ts'
import { PLATFORM_SCHEMAS, SYSTEM } from '../target/claims.ts'

const OF_THE_PROJECT = `not ${SYSTEM} and n.nspname <> all ($1)`
const sorted = (acl: string) => `array(select unnest(${acl})::text order by 1)::text`

/** Each answers one line an object, in any order. Nothing in them changes by use: no row, no sequence’s value, no statistics. */
const QUERIES: readonly string[] = [
  `select concat_ws(' ', 'schema', n.nspname, n.nspowner::regrole, ${sorted('n.nspacl')}) as line
   from pg_catalog.pg_namespace as n where ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
            c.reloptions::text, ${sorted('c.relacl')}, case when c.relkind in ('v', 'm') then md5(pg_get_viewdef(c.oid)) end) as line
   from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'column', c.oid::regclass, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull,
            a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid), ${sorted('a.attacl')}) as line
   from pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid = a.attrelid
   join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
   left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'constraint', k.conrelid::regclass, k.contypid::regtype, quote_ident(k.conname), pg_get_constraintdef(k.oid), k.convalidated) as line
   from pg_catalog.pg_constraint as k join pg_catalog.pg_namespace as n on n.oid = k.connamespace where ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid) as line
   from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
   join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'policy', p.polrelid::regclass, quote_ident(p.polname), p.polcmd, p.polpermissive, p.polroles::regrole[],
            pg_get_expr(p.polqual, p.polrelid), '/', pg_get_expr(p.polwithcheck, p.polrelid)) as line
   from pg_catalog.pg_policy as p join pg_catalog.pg_class as c on c.oid = p.polrelid
   join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled) as line
   from pg_catalog.pg_trigger as t join pg_catalog.pg_class as c on c.oid = t.tgrelid
   join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where not t.tgisinternal and ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'function', p.oid::regprocedure, p.prokind, pg_get_function_result(p.oid), p.proowner::regrole, p.prosecdef, p.provolatile,
            p.proleakproof, p.proconfig::text, ${sorted('p.proacl')}, md5(p.prosrc), pg_get_expr(p.proargdefaults, 0)) as line
   from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace where ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'type', t.oid::regtype, t.typtype, t.typbasetype::regtype, t.typnotnull, t.typdefault, ${sorted('t.typacl')},
            (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid)) as line
   from pg_catalog.pg_type as t join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
   where t.typtype in ('e', 'd', 'r') and ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'default privileges', d.defaclrole::regrole, n.nspname, d.defaclobjtype, ${sorted('d.defaclacl')}) as line
   from pg_catalog.pg_default_acl as d left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
   where n.nspname is null or ${OF_THE_PROJECT}`,
  `select concat_ws(' ', 'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolbypassrls) as line
   from pg_catalog.pg_roles as r where r.rolname not like 'pg\\_%' and $1::text[] is not null`,
  `select concat_ws(' ', 'member', m.member::regrole, 'of', m.roleid::regrole, m.admin_option) as line
   from pg_catalog.pg_auth_members as m where $1::text[] is not null`,
  `select concat_ws(' ', 'extension', e.extname, e.extversion) as line from pg_catalog.pg_extension as e where $1::text[] is not null`,
]

/** A hash of what the schemas of a project are, and of the roles around them. Reads the catalog only. */
export async function targetFingerprint(session: Session): Promise<string> {
  const lines: string[] = []
  for (const query of QUERIES)
    for (const { line } of await session.query(query, [PLATFORM_SCHEMAS])) lines.push(line ?? '')
  // Nothing equals nothing: a catalog that could not be read must not pass for one that is as it was.
  if (lines.length === 0) throw new Error('The target’s catalog shows nothing: its state cannot be told.')
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}
