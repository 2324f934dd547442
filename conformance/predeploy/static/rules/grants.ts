/** Who is given what. */
import { nodeAs } from '../../../syntax/index.ts'
import { type Access, accessOf, defaultAccessOf } from '../access.ts'
import { rolesOf } from '../names.ts'
import type { Found, Rule } from '../rule.ts'
import type { Script } from '../script.ts'

function grantsOf({ statements }: Script): Access[] {
  const all = statements.flatMap((at) => accessOf(at) ?? [])
  return all.filter((grant) => grant.isGrant && !all.some((later) => takesBack(later, grant)))
}

/** Whether a later REVOKE names all that a grant gave. */
function takesBack(later: Access, { at, kind, objects, schemas, privileges, roles }: Access): boolean {
  const isAll = (some: readonly string[], all: readonly string[]) => some.every((each) => all.includes(each))
  return (
    !later.isGrant &&
    later.at.order > at.order &&
    later.kind === kind &&
    isAll(objects, later.objects) &&
    isAll(schemas, later.schemas) &&
    isAll(roles, later.roles) &&
    (later.privileges.includes('all') || isAll(privileges, later.privileges))
  )
}

const objectsOf = ({ objects, schemas }: Access) => [
  ...objects,
  ...schemas.map((schema) => `all in ${schema}`),
]

/** No `grant all`. */
export const grantsAreExplicit: Rule = {
  id: 'grants-are-explicit',
  title: 'every grant names its privileges',
  looksFor: '`grant all`; to service_role or postgres it is a warning',
  hint: 'Name the privileges: `grant select, insert on … to …`.',
  concerns: 'state',
  judge: (script) =>
    grantsOf(script)
      .filter(({ privileges }) => privileges.includes('all'))
      .map((grant) => ({
        at: grant.at,
        objects: objectsOf(grant),
        reason: `It grants whatever there is, TRUNCATE and TRIGGER included, to ${grant.roles.join(', ')}.`,
        severity: grant.roles.every((role) => ['service_role', 'postgres'].includes(role))
          ? 'warning'
          : 'error',
      })),
}

/** Nothing to everybody. */
export const nothingIsGrantedToPublic: Rule = {
  id: 'nothing-is-granted-to-public',
  title: 'nothing is granted to PUBLIC',
  looksFor: '`grant … to public`',
  hint: 'Name the roles: anon, authenticated, service_role.',
  concerns: 'state',
  judge: (script) =>
    grantsOf(script)
      .filter(({ roles }) => roles.includes('public'))
      .map((grant) => ({
        at: grant.at,
        objects: objectsOf(grant),
        reason: `Every role of the server, those to come included, gets ${grant.privileges.join(', ')}.`,
      })),
}

/** What a visitor may be given, with a warning. */
const FOR_VISITORS = ['select', 'usage', 'execute', 'insert']

/** Anonymous visitors. */
export const grantsToAnonAreNamed: Rule = {
  id: 'grants-to-anon-are-named',
  title: 'anon may read and call, and change nothing',
  looksFor: '`grant … to anon`: SELECT, INSERT, USAGE and EXECUTE are warnings, all else is an error',
  hint: 'Grant it to authenticated, or let anon call a function that does just this.',
  concerns: 'state',
  judge: (script) =>
    grantsOf(script)
      .filter(({ roles, privileges }) => roles.includes('anon') && !privileges.includes('all'))
      .map((grant) => ({
        at: grant.at,
        objects: objectsOf(grant),
        reason: `Whoever has the address of the API gets ${grant.privileges.join(', ')}.`,
        severity: grant.privileges.every((each) => FOR_VISITORS.includes(each)) ? 'warning' : 'error',
      })),
}

const OPEN = ['public', 'anon', 'authenticated']

/** Objects to come. */
export const defaultPrivilegesStayClosed: Rule = {
  id: 'default-privileges-stay-closed',
  title: 'no default privilege opens objects to come',
  looksFor: '`alter default privileges … grant … to` public, anon or authenticated',
  hint: 'Grant on each object, where whoever reads its migration sees it.',
  concerns: 'state',
  judge: ({ statements }) => {
    const all = statements.flatMap((at) => defaultAccessOf(at) ?? [])
    return all
      .filter((grant) => grant.isGrant && !all.some((later) => takesBack(later, grant)))
      .filter(({ roles }) => roles.some((role) => OPEN.includes(role)))
      .map(({ at, privileges, roles, schemas }) => ({
        at,
        objects: schemas.length > 0 ? schemas : ['all schemas'],
        reason: `What is created later is open to ${roles.join(', ')} (${privileges.join(', ')}) without a word in its migration.`,
      }))
  },
}

/** Roles that nothing holds. */
export const rolesStayBounded: Rule = {
  id: 'roles-stay-bounded',
  title: 'no role passes row level security, or becomes one that does',
  looksFor:
    '`create role` or `alter role` with bypassrls or superuser, and a strong role granted to an API role',
  hint: 'Give the role the privileges and policies that it needs.',
  concerns: 'state',
  judge: ({ statements }) =>
    statements.flatMap((at): Found[] => {
      const altered = nodeAs(at.node, 'AlterRoleStmt')
      const created = nodeAs(at.node, 'CreateRoleStmt')
      const [changed] = altered?.role ? rolesOf([{ RoleSpec: altered.role }]) : [created?.role ?? '']
      const found = (altered?.options ?? created?.options ?? []).flatMap((each) => {
        const option = nodeAs(each, 'DefElem')
        const isOn = option?.arg && nodeAs(option.arg, 'Boolean')?.boolval === true
        if (!isOn || !/^(bypassrls|superuser)$/.test(option?.defname ?? '')) return []
        return [
          { at, objects: [changed ?? ''], reason: `It makes a role ${option?.defname}: no policy holds it.` },
        ]
      })
      return [...found, ...memberships(at)]
    }),
}

const STRONG = /^(postgres|supabase_\w*admin|service_role|pg_(read|write)_\w+|pg_execute_server_program)$/

function memberships(at: Script['statements'][number]): Found[] {
  const grant = nodeAs(at.node, 'GrantRoleStmt')
  if (!grant?.is_grant) return []
  const given = (grant.granted_roles ?? []).map((each) => nodeAs(each, 'AccessPriv')?.priv_name ?? '')
  const members = rolesOf(grant.grantee_roles).filter((role) => OPEN.includes(role))
  if (members.length === 0 || !given.some((role) => STRONG.test(role))) return []
  return [
    {
      at,
      objects: members,
      reason: `It becomes a member of ${given.join(', ')}, and may do all that it may.`,
    },
  ]
}
