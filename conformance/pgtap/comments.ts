/** Claims on comments, which are the promises of a schema's objects. */
import type { Row, Session } from '../engines/index.ts'
import { COLUMNS, CONSTRAINTS, type Kind, POLICIES, RULES, TRIGGERS } from './kinds.ts'
import { quoted } from './name.ts'
import { columnOf, partOf } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** Relations, by what SQL calls them, and as `relkind` has them. */
const RELATIONS = {
  table: ['r', 'p'],
  view: ['v'],
  'materialized view': ['m'],
  sequence: ['S'],
  index: ['i', 'I'],
  'foreign table': ['f'],
} as const

/** What is named together with its relation, and how to ask for its comment. */
const PARTS: Readonly<Record<Part, readonly [kind: Kind, comment: string]>> = {
  column: [COLUMNS, 'pg_catalog.col_description(c.oid, x.attnum)'],
  policy: [POLICIES, `pg_catalog.obj_description(x.oid, 'pg_policy')`],
  trigger: [TRIGGERS, `pg_catalog.obj_description(x.oid, 'pg_trigger')`],
  rule: [RULES, `pg_catalog.obj_description(x.oid, 'pg_rewrite')`],
  constraint: [CONSTRAINTS, `pg_catalog.obj_description(x.oid, 'pg_constraint')`],
}

/** What has a name of its own, and where the catalog has it. */
const OTHERS = {
  function: `pg_proc as x where x.oid = pg_catalog.to_regprocedure($1) and x.prokind in ('f', 'w')`,
  procedure: `pg_proc as x where x.oid = pg_catalog.to_regprocedure($1) and x.prokind = 'p'`,
  aggregate: `pg_proc as x where x.oid = pg_catalog.to_regprocedure($1) and x.prokind = 'a'`,
  type: 'pg_type as x where x.oid = pg_catalog.to_regtype($1)',
  domain: `pg_type as x where x.oid = pg_catalog.to_regtype($1) and x.typtype = 'd'`,
  schema: 'pg_namespace as x where x.nspname = $1',
  extension: 'pg_extension as x where x.extname = $1',
} as const

type Part = 'column' | 'policy' | 'trigger' | 'rule' | 'constraint'
type Relation = keyof typeof RELATIONS
type Other = keyof typeof OTHERS

/** A kind and a name: a part with its relation, a function with the types of its arguments, as `zoo.greet(text)`. */
type Commented =
  | [kind: Relation | Other, name: string, text: string | null, description?: string | undefined]
  | [
      kind: Part,
      part: readonly [relation: string, name: string],
      text: string | null,
      description?: string | undefined,
    ]

/**
 * The comment on something says this; null where there is none. A part of a relation is named with it.
 *
 * @example
 * await tap.commentIs('column', ['zoo.animals', 'species'], 'In English.')
 */
export async function commentIs(session: Session, ...args: Commented): Promise<Verdict> {
  const [kind, name, text, given] = args
  const named = typeof name === 'string' ? name : spelled(kind, ...name)
  const description = given ?? `Comment on ${kind} ${named} should be correct`
  const row = await commented(session, args)
  if (row) return sameText(description, row['have'] ?? null, text)
  const noun = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  return verdict(false, description, `    ${noun} ${named} does not exist`)
}

/** A part as COMMENT ON spells it. */
function spelled(kind: string, relation: string, part: string): string {
  return kind === 'column' ? columnOf(relation, part) : `${quoted(part)} on ${relation}`
}

/** The comment, `have`; undefined when there is no such thing. */
async function commented(session: Session, [kind, name]: Commented): Promise<Row | undefined> {
  if (typeof name !== 'string') {
    const [parts, comment] = PARTS[kind as Part]
    return partOf(session, parts, ...name, `${comment} as have`)
  }
  if (isRelation(kind)) {
    const [row] = await rowsOfRelation(session, name, {
      columns: `pg_catalog.obj_description(c.oid, 'pg_class') as have`,
      kinds: RELATIONS[kind],
    })
    return row
  }
  const place = OTHERS[kind as Other]
  const catalog = place.split(' ')[0]
  const [row] = await session.query(
    `select pg_catalog.obj_description(x.oid, '${catalog}') as have from pg_catalog.${place}`,
    [name],
  )
  return row
}

function isRelation(kind: string): kind is Relation {
  return kind in RELATIONS
}
