/** Faults of who may do what: policies, row level security, privileges, the rights of views and functions. */
import type { Session } from '../../engines/index.ts'
import { edited } from '../mutant.ts'
import { type CatalogChange, changesBy, OWN, textOf } from './catalog.ts'
import { conditionProposals } from './conditions.ts'
import { signProposals } from './signs.ts'
import { Words } from './words.ts'

const ROLES = `(values ('public'), ('anon'), ('authenticated'), ('service_role')) as r (role)`

/** All of them. */
export async function accessChanges(session: Session): Promise<CatalogChange[]> {
  return [
    ...(await policyChanges(session)),
    ...(await rowLevelSecurity(session)),
    ...(await relationPrivileges(session)),
    ...(await columnPrivileges(session)),
    ...(await routinePrivileges(session)),
    ...(await schemaPrivileges(session)),
    ...(await rights(session)),
  ]
}

async function policyChanges(session: Session): Promise<CatalogChange[]> {
  const rows = await session.query(`
    select polname as name, polrelid::regclass::text as "table", quote_ident(polname) as quoted,
      pg_get_expr(polqual, polrelid) as qual, pg_get_expr(polwithcheck, polrelid) as "check", polpermissive as permissive,
      case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
      (select coalesce(string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', '), 'public') from unnest(polroles) as r) as roles,
      (select string_agg(a.attname, ' ' order by a.attnum) from pg_attribute as a where a.attrelid = polrelid and a.attnum > 0 and a.atttypid = 'uuid'::regtype) as keys
    from pg_policy join pg_class as c on c.oid = polrelid join pg_namespace on pg_namespace.oid = c.relnamespace
    where nspname ${OWN} order by 2, 1`)
  const changes: CatalogChange[] = []
  for (const row of rows) {
    const [table, name, quoted, roles] = ['table', 'name', 'quoted', 'roles'].map((column) =>
      textOf(row, column),
    ) as [string, string, string, string]
    const policy = { object: `policy ${name} on ${table}`, name }
    const on = `${quoted} on ${table}`
    const { qual, check, command } = row
    changes.push({ ...policy, kind: 'policy dropped', script: `drop policy ${on}` })
    if (roles !== 'public')
      changes.push({
        ...policy,
        kind: 'policy roles',
        before: `to ${roles}`,
        after: 'to public',
        script: `alter policy ${on} to public`,
      })
    if (!/\banon\b/.test(roles) && roles !== 'public')
      changes.push({
        ...policy,
        kind: 'policy roles',
        before: `to ${roles}`,
        after: `to ${roles}, anon`,
        script: `alter policy ${on} to ${roles}, anon`,
      })
    if (command !== 'all' && qual && command !== 'insert')
      changes.push({
        ...policy,
        kind: 'policy opened',
        before: `for ${command}`,
        after: 'for all',
        script: `drop policy ${on}; create policy ${on} for all to ${roles} using (${qual})`,
      })
    for (const [clause, expression] of [
      ['using', qual],
      ['with check', check],
    ] as const) {
      if (!expression) continue
      const set = (by: string): CatalogChange => ({
        ...policy,
        kind: 'policy opened',
        before: `${clause} (${expression})`,
        after: `${clause} (${by})`,
        script: `alter policy ${on} ${clause} (${by})`,
      })
      if (expression !== 'true') changes.push(set('true'))
      const words = await Words.of(`where ${expression}`)
      for (const proposal of [...conditionProposals(words), ...signProposals(words)]) {
        const by = edited(words.text, proposal).slice('where '.length)
        if (by !== 'true' && by !== expression) changes.push(set(by))
      }
      for (const key of (row['keys'] ?? '').split(' '))
        for (const other of (row['keys'] ?? '').split(' '))
          if (key !== other && new RegExp(`\\b${key}\\b`).test(expression.replace(/'[^']*'/g, "''")))
            changes.push(set(expression.replace(new RegExp(`(?<!')\\b${key}\\b(?!')`), other)))
    }
  }
  const seen = new Set<string>()
  return changes.filter(({ script }) => !seen.has(script) && seen.add(script))
}

const rowLevelSecurity = (session: Session) =>
  changesBy(
    session,
    `select c.oid::regclass::text as "table", relname as name from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace
     where nspname ${OWN} and relkind in ('r', 'p') and relrowsecurity order by 1`,
    (row) => [
      {
        kind: 'row level security',
        object: `table ${textOf(row, 'table')}`,
        name: textOf(row, 'name'),
        script: `alter table ${textOf(row, 'table')} disable row level security`,
      },
    ],
  )

function toggled(
  object: string,
  name: string,
  on: string,
  row: Readonly<Record<string, string | null>>,
): CatalogChange {
  const [privilege, role, held] = [textOf(row, 'privilege'), textOf(row, 'role'), textOf(row, 'held') === 't']
  return held
    ? { kind: 'grant removed', object, name, script: `revoke ${privilege} on ${on} from ${role}` }
    : { kind: 'grant added', object, name, script: `grant ${privilege} on ${on} to ${role}` }
}

const relationPrivileges = (session: Session) =>
  changesBy(
    session,
    `select c.oid::regclass::text as relation, relname as name, relkind, role, privilege,
       exists (select from aclexplode(relacl) as a where a.privilege_type = upper(privilege)
               and a.grantee = case role when 'public' then 0 else to_regrole(role)::oid end) as held
     from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace cross join ${ROLES}
     cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) as p (privilege)
     where nspname ${OWN} and relkind in ('r', 'p', 'v', 'm') and (relkind <> 'v' or privilege not in ('truncate', 'references'))
     order by 1, 4, 5`,
    (row) => [
      toggled(
        `${row['relkind'] === 'v' ? 'view' : 'table'} ${row['relation']}`,
        textOf(row, 'name'),
        textOf(row, 'relation'),
        row,
      ),
    ],
  )

/** What a column gives beyond its table. */
const columnPrivileges = (session: Session) =>
  changesBy(
    session,
    `select c.oid::regclass::text as relation, relname as name, role, format('%s (%I)', privilege, attname) as privilege, false as held
     from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace join pg_attribute as a on attrelid = c.oid and attnum > 0 and not attisdropped
     cross join (values ('anon', 'select'), ('authenticated', 'update')) as p (role, privilege)
     where nspname ${OWN} and relkind in ('r', 'p') and not has_table_privilege(role, c.oid, privilege)
     order by 1, attnum, 3`,
    (row) => [toggled(`table ${row['relation']}`, textOf(row, 'name'), textOf(row, 'relation'), row)],
  )

const routinePrivileges = (session: Session) =>
  changesBy(
    session,
    `select p.oid::regprocedure::text as routine, proname as name, role, 'execute' as privilege,
       exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as a
               where a.grantee = case role when 'public' then 0 else to_regrole(role)::oid end) as held
     from pg_proc as p join pg_namespace on pg_namespace.oid = pronamespace cross join ${ROLES} where nspname ${OWN} order by 1, 3`,
    (row) => [
      toggled(
        `function ${textOf(row, 'routine').replace(/\(.*/s, '')}`,
        textOf(row, 'name'),
        `function ${row['routine']}`,
        row,
      ),
    ],
  )

const schemaPrivileges = (session: Session) =>
  changesBy(
    session,
    `select quote_ident(nspname) as name, role, privilege,
       exists (select from aclexplode(nspacl) as a where a.privilege_type = upper(privilege)
               and a.grantee = case role when 'public' then 0 else to_regrole(role)::oid end) as held
     from pg_namespace cross join ${ROLES} cross join (values ('usage'), ('create')) as p (privilege)
     where nspname ${OWN} and nspname <> 'public' order by 1, 2, 3`,
    (row) => [toggled(`schema ${row['name']}`, textOf(row, 'name'), `schema ${row['name']}`, row)],
  )

async function rights(session: Session): Promise<CatalogChange[]> {
  const views = await changesBy(
    session,
    `select c.oid::regclass::text as view, relname as name from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace
     where nspname ${OWN} and relkind = 'v' and reloptions && '{security_invoker=true,security_invoker=on}' order by 1`,
    (row) => [
      {
        kind: 'view option',
        object: `view ${row['view']}`,
        name: textOf(row, 'name'),
        script: `alter view ${row['view']} reset (security_invoker)`,
      },
    ],
  )
  const functions = await changesBy(
    session,
    `select p.oid::regprocedure::text as routine, proname as name, prosecdef, provolatile, proparallel, proconfig::text ~ 'search_path' as sets
     from pg_proc as p join pg_namespace on pg_namespace.oid = pronamespace where nspname ${OWN} and prokind = 'f' order by 1`,
    (row) => {
      const alter = `alter function ${row['routine']}`
      const about = {
        object: `function ${textOf(row, 'routine').replace(/\(.*/s, '')}`,
        name: textOf(row, 'name'),
      }
      const others =
        { i: ['volatile'], s: ['volatile', 'immutable'], v: ['stable'] }[textOf(row, 'provolatile')] ?? []
      return [
        {
          ...about,
          kind: 'function rights',
          script: `${alter} security ${row['prosecdef'] === 't' ? 'invoker' : 'definer'}`,
        } as const,
        ...(row['sets'] === 't'
          ? [{ ...about, kind: 'search path', script: `${alter} reset search_path` } as const]
          : []),
        ...others.map((other) => ({ ...about, kind: 'volatility', script: `${alter} ${other}` }) as const),
        {
          ...about,
          kind: 'parallel',
          script: `${alter} parallel ${row['proparallel'] === 's' ? 'unsafe' : 'safe'}`,
        } as const,
      ]
    },
  )
  return [...views, ...functions]
}
