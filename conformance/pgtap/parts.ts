/**
 * What belongs to a relation and has a name there, which cannot be qualified: columns, indexes, triggers, rules, policies,
 * constraints.
 */
import type { Row, Session } from '../engines/index.ts'
import type { Kind } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { rowsOfRelation } from './relation.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

/** What is asked for of the part of that name, `x`; undefined when there is none. `values` are $4 and the following. */
export async function partOf(
  session: Session,
  kind: Kind,
  relation: string,
  part: string,
  columns: string,
  values: readonly unknown[] = [],
): Promise<Row | undefined> {
  const join = `${kind.join} and ${kind.name} = $3::name`
  const [row] = await rowsOfRelation(session, relation, { columns, join, values: [part, ...values] })
  return row
}

/** What is asked for of each part of that kind; undefined when there is no such relation. */
export async function partsOf(
  session: Session,
  kind: Kind,
  relation: string,
  columns: string,
): Promise<Row[] | undefined> {
  const rows = await rowsOfRelation(session, relation, { columns, join: kind.join })
  if (rows.length > 0) return rows
  return (await rowsOfRelation(session, relation, {})).length > 0 ? [] : undefined
}

/** The claims that a relation has a part of that name, and that it has none. */
export function partExistence(kind: Kind, sentence: (relation: string, part: string, be: string) => string) {
  const exists = async (session: Session, relation: string, part: string) =>
    (await partOf(session, kind, relation, part, '')) !== undefined
  return {
    has: async (
      session: Session,
      relation: string,
      part: string,
      description = sentence(shown(relation), quoted(part), 'should'),
    ): Promise<Verdict> => verdict(await exists(session, relation, part), description),
    hasnt: async (
      session: Session,
      relation: string,
      part: string,
      description = sentence(shown(relation), quoted(part), 'should not'),
    ): Promise<Verdict> => verdict(!(await exists(session, relation, part)), description),
  }
}

/** The claim that the parts of a relation are just these. */
export function partsAre(kind: Kind) {
  return async (
    session: Session,
    relation: string,
    names: readonly string[],
    description = `${kind.owner} ${shown(relation)} should have the correct ${kind.plural}`,
  ): Promise<Verdict> => {
    const rows = await rowsOfRelation(session, relation, { columns: `${kind.name} as name`, join: kind.join })
    const have = rows.map(({ name }) => quoted(name ?? ''))
    return sameThings(kind.plural, have, names.map(quoted), description)
  }
}

/** One name or several, as a list. */
export function listOf(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names
}

/** A relation and columns of it, as in `zoo.feedings(animal_id, fed_at)`. */
export function withColumns(relation: string, columns: string | readonly string[]): string {
  return `${relation}(${listOf(columns).map(quoted).join(', ')})`
}

/** The same as a sentence begins: "Column" or "Columns", and which. */
export function columnsOf(table: string, columns: string | readonly string[]): string {
  return `${typeof columns === 'string' ? 'Column' : 'Columns'} ${withColumns(shown(table), columns)}`
}

/** A column of a relation, as it is named in sentences. */
export function columnOf(relation: string, column: string): string {
  return `${shown(relation)}.${quoted(column)}`
}
