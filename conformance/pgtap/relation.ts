/** One relation by its name: what every claim on a relation, or on something that belongs to one, asks the catalog. */
import type { Row, Session } from '../engines/index.ts'
import { nameOf } from './name.ts'
import { isNamed } from './named.ts'

/** A question about a relation. */
export interface Question {
  /** What is asked for, of the relation, `c`, and what is joined to it. */
  readonly columns?: string
  readonly join?: string
  /** The values of $3 and the following. */
  readonly values?: readonly unknown[]
  /** What the relation may be, as `relkind` has it. Default: anything. */
  readonly kinds?: readonly string[]
}

/** The answer, a row for each that is joined; none where there is no such relation. */
export async function rowsOfRelation(
  session: Session,
  relation: string,
  { columns = '', join = '', values = [], kinds = [] }: Question,
): Promise<Row[]> {
  const { schema, name } = nameOf(relation)
  const ofKind = kinds.map((kind) => `'${kind}'`).join(', ')
  return session.query(
    `select ${columns}
     from pg_catalog.pg_class as c
     ${join}
     where ${isNamed('pg_class', 'c')} ${ofKind && `and c.relkind in (${ofKind})`}`,
    [schema, name, ...values],
  )
}
