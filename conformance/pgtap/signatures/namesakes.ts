/**
 * Calls without a schema that pgTAP decides by every relation of that name, wherever it is. The claims of that name ask the one
 * that the search path finds.
 */
import type { Session } from '../../engines/index.ts'
import * as indexes from '../indexes.ts'
import { type Kind, POLICIES, TRIGGERS } from '../kinds.ts'
import { namesIn } from '../listing.ts'
import { qualified, quoted } from '../name.ts'
import { partsAre } from '../parts.ts'
import { sameThings, type Verdict, verdict } from '../verdict.ts'

/** What is asked of all parts of a table whose schema is not said. */
export interface OnParts {
  readonly relation: string
  readonly parts: readonly string[]
  readonly description?: string
}

/**
 * `triggers_are` and `policies_are` without a schema: extra are those of any table of that name, wherever it is, and missing is
 * only what no table at all has.
 */
const partsOfNamesakes =
  (kind: Kind) =>
  async (session: Session, { relation, parts, description }: OnParts): Promise<Verdict> => {
    const anywhere = `select ${kind.name} as name from pg_catalog.pg_class as c ${kind.join}`
    const have = await namesIn(session, `${anywhere} where c.relname = $1`, [relation])
    const elsewhere = await namesIn(session, `${anywhere} where ${kind.name} = any($1::name[])`, [parts])
    return sameThings(
      kind.plural,
      [...have, ...elsewhere].map(quoted),
      parts.map(quoted),
      description ?? `${kind.owner} ${quoted(relation)} should have the correct ${kind.plural}`,
    )
  }

export const triggersOfNamesakes = partsOfNamesakes(TRIGGERS)
export const policiesOfNamesakes = partsOfNamesakes(POLICIES)

/** `columns_are`, `indexes_are` and `rules_are` without a schema: to pgTAP the system's relations have no parts. */
export const partsOfUsers =
  (kind: Kind) =>
  (session: Session, { relation, parts, description }: OnParts): Promise<Verdict> => {
    const system = `('pg_catalog'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace)`
    const join = `${kind.join} and c.relnamespace not in ${system}`
    return partsAre({ ...kind, join })(session, quoted(relation), parts, description)
  }

/** A claim on what a name means, which is written as the claims take it. */
type OnName = (name: string) => Promise<Verdict>

/**
 * A claim on a part of a relation, where pgTAP takes the first relation of that name that has such a part: `rule_is_on`,
 * `policy_cmd_is`, `is_clustered`, `index_is_type`.
 */
export async function wherever(
  session: Session,
  kind: Kind,
  [relation, part]: readonly [relation: string, part: string],
  claim: OnName,
): Promise<Verdict> {
  const [schema] = await namesIn(
    session,
    `select n.nspname as name
     from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     ${kind.join}
     where c.relname = $1 and ${kind.name} = $2
     order by c.oid`,
    [relation, part],
  )
  return inWordsOf(await claim(quoted(relation)), await claim(qualified(schema, relation)))
}

/**
 * A claim on an index by its name alone. The path that pgTAP looks on is that of its table; `is_clustered` and `index_is_type`
 * look everywhere.
 */
export async function indexAlone(
  session: Session,
  index: string,
  where: 'on the path' | 'everywhere',
  claim: OnName,
): Promise<Verdict> {
  const [schema] = await namesIn(
    session,
    `select n.nspname as name
     from pg_catalog.pg_index as i
     join pg_catalog.pg_class as x on x.oid = i.indexrelid
     join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
     where x.relname = $1 and ($2 or pg_catalog.pg_table_is_visible(i.indrelid))
     order by x.oid`,
    [index, where === 'everywhere'],
  )
  const claimed = await claim(quoted(index))
  if (schema === undefined) return verdict(false, claimed.description, claimed.diagnostics)
  return inWordsOf(claimed, await claim(qualified(schema, index)))
}

/** `is_indexed`: an index of any table of that name will do. */
export async function isIndexed(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description?: string,
): Promise<Verdict> {
  const claimed = await indexes.isIndexed(session, quoted(table), columns, description)
  const schemas = await namesIn(
    session,
    `select n.nspname as name
     from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relname = $1`,
    [table],
  )
  const found: boolean[] = []
  for (const schema of schemas)
    found.push((await indexes.isIndexed(session, qualified(schema, table), columns)).ok)
  return verdict(found.includes(true), claimed.description)
}

/** What was found, as the call without a schema says it. */
function inWordsOf({ description }: Verdict, found: Verdict): Verdict {
  return { ...found, description }
}
