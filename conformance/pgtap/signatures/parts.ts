import type { Session } from '../../engines/index.ts'
import { qualified } from '../name.ts'
import type { Verdict } from '../verdict.ts'
import type { OnParts } from './namesakes.ts'
import { type Overload, overloads } from './overloads.ts'

type OfPart = (session: Session, relation: string, part: string, description?: string) => Promise<Verdict>
type OfParts = (
  session: Session,
  relation: string,
  parts: readonly string[],
  description?: string,
) => Promise<Verdict>
type OfColumns = (
  session: Session,
  table: string,
  columns: string | readonly string[],
  description?: string,
) => Promise<Verdict>

/** A claim on a part of a relation. */
export const part = (claim: OfPart): Overload[] =>
  overloads(
    '[schema:name] relation:name part:name [description:text]',
    (session, { schema, relation, part, description }) =>
      claim(session, qualified(schema, relation), part, description),
  )

/** The same, where pgTAP demands a description with the schema. */
export const describedPart = (claim: OfPart): Overload[] => [
  ...overloads(
    'schema:name relation:name part:name description:text',
    (session, { schema, relation, part, description }) =>
      claim(session, qualified(schema, relation), part, description),
  ),
  ...overloads('relation:name part:name [description:text]', (session, { relation, part, description }) =>
    claim(session, qualified(null, relation), part, description),
  ),
]

/** A claim on all parts of a kind. */
export const parts = (claim: OfParts): Overload[] =>
  overloads(
    '[schema:name] relation:name parts:name[] [description:text]',
    (session, { schema, relation, parts, description }) =>
      claim(session, qualified(schema, relation), parts, description),
  )

/** The same, where pgTAP decides otherwise when there is no schema: by `without`. */
export const partsWithSchema = (
  claim: OfParts,
  without: (session: Session, asked: OnParts) => Promise<Verdict>,
): Overload[] => [
  ...overloads(
    'schema:name relation:name parts:name[] [description:text]',
    (session, { schema, relation, parts, description }) =>
      claim(session, qualified(schema, relation), parts, description),
  ),
  ...overloads('relation:name parts:name[] [description:text]', without),
]

/** A claim on a column of a table, or on several together. */
export const columnOrColumns = (claim: OfColumns): Overload[] => [...part(claim), ...parts(claim)]

/** The same, where pgTAP demands a description with the schema. */
export const describedColumnOrColumns = (claim: OfColumns): Overload[] => [
  ...describedPart(claim),
  ...overloads(
    'schema:name table:name columns:name[] description:text',
    (session, { schema, table, columns, description }) =>
      claim(session, qualified(schema, table), columns, description),
  ),
  ...overloads('table:name columns:name[] [description:text]', (session, { table, columns, description }) =>
    claim(session, qualified(null, table), columns, description),
  ),
]
