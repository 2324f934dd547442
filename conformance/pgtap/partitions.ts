/** Claims on partitioned tables and their partitions. */
import type { Session } from '../engines/index.ts'
import { existence, finds } from './existence.ts'
import { nameOf, qualified, quoted, shown } from './name.ts'
import { isNamed } from './named.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

const partitioned = existence(
  'Table',
  (session, { schema, name }) =>
    finds(
      session,
      `select from pg_catalog.pg_class as c where ${isNamed('pg_class', 'c')} and c.relkind = 'p'`,
      [schema, name],
    ),
  'be partitioned',
)

/**
 * `is_partitioned`: there is a table of that name and it is partitioned.
 *
 * @example
 * await tap.isPartitioned('zoo.visits')
 */
export const isPartitioned = partitioned.has

/**
 * `isnt_partitioned`: there is no partitioned table of that name, be it that there is none at all.
 *
 * @example
 * await tap.isntPartitioned('zoo.animals')
 */
export const isntPartitioned = partitioned.hasnt

/**
 * `is_partition_of`: the one table is a partition of the other, directly.
 *
 * @example
 * await tap.isPartitionOf('zoo_annex.visits_later', 'zoo.visits')
 */
export async function isPartitionOf(
  session: Session,
  partition: string,
  table: string,
  description = `Table ${shown(partition)} should be a partition of ${shown(table)}`,
): Promise<Verdict> {
  const [part, whole] = [nameOf(partition), nameOf(table)]
  return verdict(
    await finds(
      session,
      `select from pg_catalog.pg_class as p
       join pg_catalog.pg_inherits as i on i.inhrelid = p.oid
       join pg_catalog.pg_class as t on t.oid = i.inhparent
       where ${isNamed('pg_class', 'p')} and p.relispartition
         and ${isNamed('pg_class', 't', 3)} and t.relkind = 'p'`,
      [part.schema, part.name, whole.schema, whole.name],
    ),
    description,
  )
}

/**
 * `partitions_are`: the partitioned table has these partitions and no others; those of its partitions do not count.
 *
 * @example
 * await tap.partitionsAre('zoo.visits', ['zoo.visits_2025', 'zoo.visits_2026', 'zoo_annex.visits_later'])
 */
export async function partitionsAre(
  session: Session,
  table: string,
  partitions: readonly string[],
  description = `Table ${shown(table)} should have the correct partitions`,
): Promise<Verdict> {
  const { schema, name } = nameOf(table)
  // The server spells both, so that it does not matter whether a name it need not have its schema for has one.
  const rows = await session.query(
    `select 'have' as side, i.inhrelid::regclass::text as name
     from pg_catalog.pg_class as c
     join pg_catalog.pg_inherits as i on i.inhparent = c.oid
     where ${isNamed('pg_class', 'c')} and c.relkind = 'p'
     union all
     select 'want', coalesce(pg_catalog.to_regclass(w.name)::text, w.name)
     from pg_catalog.unnest($3::text[]) as w (name)`,
    [schema, name, partitions.map(spelled)],
  )
  const names = (wanted: string) =>
    rows.filter(({ side }) => side === wanted).map((row) => quoted(row['name'] ?? ''))
  return sameThings('partitions', names('have'), names('want'), description)
}

function spelled(partition: string): string {
  const { schema, name } = nameOf(partition)
  return qualified(schema, name)
}
