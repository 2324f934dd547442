/** What GRANT and REVOKE say. */
import { type NodeOf, nodeAs } from '../../syntax/index.ts'
import { listedName, relationName, rolesOf, schemaOf, textOf, typeName } from './names.ts'
import type { Placed } from './placed.ts'

/** A GRANT or a REVOKE. */
export interface Access {
  readonly isGrant: boolean
  /** In lower case; `all` where it says so. */
  readonly privileges: readonly string[]
  /** Such as `OBJECT_TABLE`. */
  readonly kind: string
  /** Whole names; functions with their types where those are given. */
  readonly objects: readonly string[]
  /** Of `… on all tables in schema …`. */
  readonly schemas: readonly string[]
  readonly roles: readonly string[]
  readonly at: Placed
}

/** The privileges that a statement gives or takes; `undefined` when it is no such statement. */
export function accessOf(at: Placed): Access | undefined {
  const grant = nodeAs(at.node, 'GrantStmt')
  return grant && accessBy(grant, at)
}

/** What ALTER DEFAULT PRIVILEGES gives or takes; `schemas` is empty where it is for all of them. */
export function defaultAccessOf(at: Placed): Access | undefined {
  const altered = nodeAs(at.node, 'AlterDefaultPrivilegesStmt')
  if (!altered?.action) return undefined
  const inSchemas = (altered.options ?? [])
    .map((option) => nodeAs(option, 'DefElem'))
    .find((option) => option?.defname === 'schemas')
  const schemas = inSchemas?.arg ? (nodeAs(inSchemas.arg, 'List')?.items ?? []).map(textOf) : []
  return { ...accessBy(altered.action, at), schemas }
}

function accessBy(grant: NodeOf<'GrantStmt'>, at: Placed): Access {
  const isAll = grant.targtype === 'ACL_TARGET_ALL_IN_SCHEMA'
  return {
    isGrant: grant.is_grant === true,
    privileges: grant.privileges?.map((each) => nodeAs(each, 'AccessPriv')?.priv_name ?? 'all') ?? ['all'],
    kind: grant.objtype ?? '',
    objects: isAll ? [] : (grant.objects ?? []).map((object) => objectName(object, at)),
    schemas: isAll ? (grant.objects ?? []).map(textOf) : [],
    roles: rolesOf(grant.grantees),
    at,
  }
}

function objectName(object: NonNullable<NodeOf<'GrantStmt'>['objects']>[number], at: Placed): string {
  const range = nodeAs(object, 'RangeVar')
  if (range) return relationName(range, at)
  const call = nodeAs(object, 'ObjectWithArgs')
  if (!call) return textOf(object)
  const name = listedName(call.objname, at)
  return call.args_unspecified ? name : `${name}(${(call.objargs ?? []).map(typeName).join(', ')})`
}

/** Whether it concerns an object: by its name, by the name alone, or by its schema. */
export function concerns({ objects, schemas }: Access, object: string): boolean {
  const [bare = ''] = object.split('(')
  return objects.includes(object) || objects.includes(bare) || schemas.includes(schemaOf(object))
}

/** Whether it concerns a privilege. */
export function names({ privileges }: Access, privilege: string): boolean {
  return privileges.includes(privilege) || privileges.includes('all')
}
