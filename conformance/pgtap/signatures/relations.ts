import type { Session } from '../../engines/index.ts'
import type { Listing } from '../listing.ts'
import { qualified } from '../name.ts'
import * as claims from '../relations.ts'
import type { Verdict } from '../verdict.ts'
import { onPath } from './as-pgtap-decides.ts'
import { type Overload, overloads } from './overloads.ts'

type Existence = (session: Session, name: string, description?: string | undefined) => Promise<Verdict>
/** A thing that may have a schema: it is there, or it is not. */
export const thing = (claim: Existence): Overload[] =>
  overloads('[schema:name] thing:name [description:text]', (session, { schema, thing, description }) =>
    claim(session, qualified(schema, thing), description),
  )

/** The same, where pgTAP demands a description with the schema: `name, name` would be another overload. */
export const describedThing = (claim: Existence): Overload[] => [
  ...overloads('schema:name thing:name description:text', (session, { schema, thing, description }) =>
    claim(session, qualified(schema, thing), description),
  ),
  ...overloads('thing:name [description:text]', (session, { thing, description }) =>
    claim(session, qualified(null, thing), description),
  ),
]

/** The things of a schema, or of the search path. */
export const things = (claim: Listing): Overload[] => [
  ...thingsOfSchema(claim),
  ...overloads('names:name[] [description:text]', (session, { names, description }) =>
    claim(session, names, description),
  ),
]

/** The same of relations, which pgTAP counts otherwise on a path with information_schema. */
const relationsOf = (claim: Listing, what: string, kinds: readonly string[]): Overload[] => [
  ...thingsOfSchema(claim),
  ...overloads('names:name[] [description:text]', onPath(claim, what, kinds)),
]

function thingsOfSchema(claim: Listing): Overload[] {
  return overloads('schema:name names:name[] [description:text]', (session, { schema, names, description }) =>
    claim(session, schema, names, description),
  )
}

export const relations = {
  has_relation: describedThing(claims.hasRelation),
  hasnt_relation: describedThing(claims.hasntRelation),
  has_table: thing(claims.hasTable),
  hasnt_table: thing(claims.hasntTable),
  has_view: thing(claims.hasView),
  hasnt_view: thing(claims.hasntView),
  has_materialized_view: describedThing(claims.hasMaterializedView),
  hasnt_materialized_view: describedThing(claims.hasntMaterializedView),
  has_sequence: thing(claims.hasSequence),
  hasnt_sequence: describedThing(claims.hasntSequence),
  has_foreign_table: thing(claims.hasForeignTable),
  hasnt_foreign_table: thing(claims.hasntForeignTable),
  has_composite: thing(claims.hasComposite),
  hasnt_composite: thing(claims.hasntComposite),
  tables_are: relationsOf(claims.tablesAre, 'tables', ['r', 'p']),
  views_are: relationsOf(claims.viewsAre, 'views', ['v']),
  materialized_views_are: things(claims.materializedViewsAre),
  sequences_are: things(claims.sequencesAre),
  foreign_tables_are: things(claims.foreignTablesAre),
}
