/** Claims on which relations there are: tables, views, materialized views, sequences, foreign tables, composite types. */
import type { Session } from '../engines/index.ts'
import { existence, finds } from './existence.ts'
import { listing, namesIn } from './listing.ts'
import type { Name } from './name.ts'
import { isAmong, isNamed } from './named.ts'

const ANY: readonly string[] = ['r', 'p', 'v', 'm', 'S', 'f', 'c', 'i', 'I', 't']

const tables = existence('Table', ofKind(['r', 'p']))
const views = existence('View', ofKind(['v']))
const materializedViews = existence('Materialized view', ofKind(['m']))
const sequences = existence('Sequence', ofKind(['S']))
const foreignTables = existence('Foreign table', ofKind(['f']))
const composites = existence('Composite type', ofKind(['c']))
const relations = existence('Relation', ofKind(ANY))

/**
 * `has_relation`: there is a relation of that name, of whatever kind.
 *
 * @example
 * await tap.hasRelation('zoo.animals')
 */
export const hasRelation = relations.has

/**
 * `hasnt_relation`: there is no relation of that name.
 *
 * @example
 * await tap.hasntRelation('zoo.nothing')
 */
export const hasntRelation = relations.hasnt

/**
 * `has_table`: there is a table of that name, partitioned or not.
 *
 * @example
 * await tap.hasTable('zoo.animals')
 */
export const hasTable = tables.has

/**
 * `hasnt_table`: there is no table of that name.
 *
 * @example
 * await tap.hasntTable('zoo.nothing')
 */
export const hasntTable = tables.hasnt

/**
 * `has_view`: there is a view of that name.
 *
 * @example
 * await tap.hasView('zoo.heavy_animals')
 */
export const hasView = views.has

/**
 * `hasnt_view`: there is no view of that name.
 *
 * @example
 * await tap.hasntView('zoo.animals')
 */
export const hasntView = views.hasnt

/**
 * `has_materialized_view`: there is a materialized view of that name.
 *
 * @example
 * await tap.hasMaterializedView('zoo.census')
 */
export const hasMaterializedView = materializedViews.has

/**
 * `hasnt_materialized_view`: there is no materialized view of that name.
 *
 * @example
 * await tap.hasntMaterializedView('zoo.heavy_animals')
 */
export const hasntMaterializedView = materializedViews.hasnt

/**
 * `has_sequence`: there is a sequence of that name.
 *
 * @example
 * await tap.hasSequence('zoo.ticket_numbers')
 */
export const hasSequence = sequences.has

/**
 * `hasnt_sequence`: there is no sequence of that name.
 *
 * @example
 * await tap.hasntSequence('zoo.animals')
 */
export const hasntSequence = sequences.hasnt

/**
 * `has_foreign_table`: there is a foreign table of that name.
 *
 * @example
 * await tap.hasForeignTable('zoo.visitors_elsewhere')
 */
export const hasForeignTable = foreignTables.has

/**
 * `hasnt_foreign_table`: there is no foreign table of that name.
 *
 * @example
 * await tap.hasntForeignTable('zoo.animals')
 */
export const hasntForeignTable = foreignTables.hasnt

/**
 * `has_composite`: there is a composite type of that name that is no table's.
 *
 * @example
 * await tap.hasComposite('zoo.place')
 */
export const hasComposite = composites.has

/**
 * `hasnt_composite`: there is no composite type of that name but perhaps a table's.
 *
 * @example
 * await tap.hasntComposite('zoo.animals')
 */
export const hasntComposite = composites.hasnt

/**
 * `tables_are`: the schema, or the search path, has these tables and no others.
 *
 * @example
 * await tap.tablesAre('zoo_annex', ['keepers_twin', 'stables', 'visits_later'])
 */
export const tablesAre = listing('tables', namesOfKind(['r', 'p']))

/**
 * `views_are`: the schema, or the search path, has these views and no others.
 *
 * @example
 * await tap.viewsAre('zoo', ['heavy_animals'])
 */
export const viewsAre = listing('views', namesOfKind(['v']))

/**
 * `materialized_views_are`: the schema, or the search path, has these materialized views and no others.
 *
 * @example
 * await tap.materializedViewsAre('zoo', ['census'])
 */
export const materializedViewsAre = listing('Materialized views', namesOfKind(['m']), {
  things: 'materialized views',
})

/**
 * `sequences_are`: the schema, or the search path, has these sequences and no others.
 *
 * @example
 * await tap.sequencesAre('zoo_annex', ['stables_id_seq'])
 */
export const sequencesAre = listing('sequences', namesOfKind(['S']))

/**
 * `foreign_tables_are`: the schema, or the search path, has these foreign tables and no others.
 *
 * @example
 * await tap.foreignTablesAre('zoo', ['visitors_elsewhere'])
 */
export const foreignTablesAre = listing('foreign tables', namesOfKind(['f']))

/** Looks for a relation of one of these kinds, as `relkind` has them. */
function ofKind(kinds: readonly string[]) {
  return (session: Session, { schema, name }: Name): Promise<boolean> =>
    finds(
      session,
      `select from pg_catalog.pg_class as c
       where ${isNamed('pg_class', 'c')} and c.relkind = any($3::"char"[])`,
      [schema, name, kinds],
    )
}

/** Lists the relations of these kinds, but for the system's, and for pgTAP's own where that is installed. */
function namesOfKind(kinds: readonly string[]) {
  return (session: Session, schema: string | null): Promise<string[]> =>
    namesIn(
      session,
      `select c.relname as name
       from pg_catalog.pg_class as c
       where c.relkind = any($2::"char"[])
         and ${isAmong('pg_class', 'c')}
         and c.relname not in
             ('__tcache__', 'pg_all_foreign_keys', 'tap_funky', '__tresults___numb_seq', '__tcache___id_seq')`,
      [schema, kinds],
    )
}
