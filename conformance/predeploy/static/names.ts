/** Names as statements write them, made whole: `schema.name`. */
import { type Node, nodeAs } from '../../syntax/index.ts'

/** Where a statement stands, as far as names depend on it. */
export interface Where {
  readonly schema: string
  /** Names of the temporary tables that the file has made so far: without a schema, a name means one of them first. */
  readonly temporary: ReadonlySet<string>
}

interface Range {
  readonly schemaname?: string
  readonly relname?: string
  readonly relpersistence?: string
}

/** A relation's name with its schema. Those of temporary ones lie in `pg_temp`. */
export function relationName(range: Range | undefined, { schema, temporary }: Where): string {
  const isTemporary = range?.relpersistence === 't' || temporary.has(range?.relname ?? '')
  const own = isTemporary ? 'pg_temp' : schema
  return `${range?.schemaname ?? own}.${range?.relname ?? ''}`
}

/** The text of a name's part, or of a role. */
export function textOf(node: Node | undefined): string {
  return (node && nodeAs(node, 'String')?.sval) ?? ''
}

/** A name that is written as a list of parts. */
export function listedName(parts: readonly Node[] | undefined, { schema, temporary }: Where): string {
  const texts = (parts ?? []).map(textOf)
  const [first = ''] = texts
  if (texts.length > 1) return texts.slice(-2).join('.')
  return `${temporary.has(first) ? 'pg_temp' : schema}.${first}`
}

/** The parts of a name that DROP, COMMENT and their like have in a list. */
export function partsOf(node: Node | undefined): readonly Node[] {
  const list = node && nodeAs(node, 'List')
  if (list) return list.items ?? []
  const call = node && nodeAs(node, 'ObjectWithArgs')
  if (call) return call.objname ?? []
  const type = node && nodeAs(node, 'TypeName')
  if (type) return type.names ?? []
  return node ? [node] : []
}

/** Roles by name; the one of all is `public`. */
export function rolesOf(roles: readonly Node[] | undefined): string[] {
  return (roles ?? []).map((role) => {
    const spec = nodeAs(role, 'RoleSpec')
    if (spec?.roletype === 'ROLESPEC_PUBLIC') return 'public'
    return spec?.rolename ?? 'current_user'
  })
}

/** A type as functions are told apart by it: `int4`, `text[]`. */
export function typeName(
  node: Node | undefined | { names?: readonly Node[]; arrayBounds?: readonly Node[] },
): string {
  const type = node && 'TypeName' in node ? node.TypeName : (node as { names?: Node[]; arrayBounds?: Node[] })
  const parts = (type?.names ?? []).map(textOf).filter((part) => part !== 'pg_catalog')
  return `${parts.join('.')}${type?.arrayBounds?.length ? '[]' : ''}`
}

/** The schema of a whole name. */
export function schemaOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}

/** `public."Orders"` as the parser has it. */
export function unquoted(name: string): string {
  return name.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'))
}
