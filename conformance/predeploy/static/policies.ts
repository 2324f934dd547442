/** The policies that a folder leaves behind, and what became of each on the way. */
import { type Node, nodeAs } from '../../syntax/index.ts'
import { listedName, relationName, rolesOf, schemaOf, textOf } from './names.ts'
import type { Placed, Placement } from './placed.ts'

/** A policy as a statement leaves it. */
export interface Policy {
  readonly name: string
  readonly table: string
  readonly command: string
  readonly roles: readonly string[]
  readonly using?: Node
  readonly check?: Node
  readonly isRestrictive: boolean
  readonly at: Placed
}

interface Change {
  readonly before: Policy
  readonly after: Policy
}

/** The policies at the end. */
export function policiesOf(placement: Placement): Policy[] {
  return [...replayed(placement).policies.values()]
}

/** Each policy that was there before a file (see {@link Script.isThere}), and that it alters or makes again under its name. */
export function policyChanges(placement: Placement): Change[] {
  return replayed(placement).changes
}

function replayed({ statements, hasManifest }: Placement): {
  policies: Map<string, Policy>
  changes: Change[]
} {
  const policies = new Map<string, Policy>()
  const last = new Map<string, Policy>()
  const history = new Map<string, Policy[]>()
  const changes: Change[] = []
  const keep = (policy: Policy) => {
    const key = `${policy.table}.${policy.name}`
    const known = history.get(key) ?? []
    const before = known.findLast(({ at }) => at.file !== policy.at.file && (!hasManifest || at.isReleased))
    history.set(key, [...known, policy])
    if (before) changes.push({ before, after: policy })
    last.set(key, policy)
    policies.set(key, policy)
  }
  for (const at of statements) {
    const created = createdBy(at)
    if (created && schemaOf(created.table) !== 'pg_temp') keep(created)
    const alter = nodeAs(at.node, 'AlterPolicyStmt')
    const known = last.get(`${relationName(alter?.table, at)}.${alter?.policy_name}`)
    if (alter)
      keep({
        ...(known ?? unknownPolicy(alter.policy_name ?? '', relationName(alter.table, at), at)),
        ...(alter.roles ? { roles: rolesOf(alter.roles) } : {}),
        ...conditions(alter.qual, alter.with_check),
        at,
      })
    const dropped = nodeAs(at.node, 'DropStmt')
    for (const object of dropped?.objects ?? []) {
      const parts = nodeAs(object, 'List')?.items ?? []
      if (dropped?.removeType === 'OBJECT_POLICY')
        policies.delete(`${listedName(parts.slice(0, -1), at)}.${textOf(parts.at(-1))}`)
      if (dropped?.removeType === 'OBJECT_TABLE') withoutTable(policies, listedName(parts, at))
    }
  }
  return { policies, changes }
}

function withoutTable(policies: Map<string, Policy>, table: string): void {
  for (const [key, policy] of policies) if (policy.table === table) policies.delete(key)
}

function createdBy(at: Placed): Policy | undefined {
  const create = nodeAs(at.node, 'CreatePolicyStmt')
  if (!create) return undefined
  return {
    name: create.policy_name ?? '',
    table: relationName(create.table, at),
    command: create.cmd_name ?? 'all',
    roles: rolesOf(create.roles),
    isRestrictive: create.permissive !== true,
    ...conditions(create.qual, create.with_check),
    at,
  }
}

/** A policy that another folder made: only what is said of it here is known. */
function unknownPolicy(name: string, table: string, at: Placed): Policy {
  return { name, table, command: 'all', roles: [], isRestrictive: false, at }
}

function conditions(using: Node | undefined, check: Node | undefined): Pick<Policy, 'using' | 'check'> {
  return { ...(using ? { using } : {}), ...(check ? { check } : {}) }
}
