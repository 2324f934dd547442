/** Claims on which tables inherit from which. A partition inherits from its table. */
import type { Session } from '../engines/index.ts'
import { type Rest, restOf } from './detail.ts'
import { existence, finds } from './existence.ts'
import { nameOf, shown } from './name.ts'
import { isNamed } from './named.ts'
import { type Verdict, verdict } from './verdict.ts'

/** A claim on two tables, so many generations apart where that is given: 1 is parent and child. */
export type OnKin = (session: Session, one: string, other: string, ...rest: Rest<number>) => Promise<Verdict>

const inherited = existence(
  'Table',
  (session, { schema, name }) =>
    finds(
      session,
      `select from pg_catalog.pg_class as c
       where ${isNamed('pg_class', 'c')} and c.relkind = 'r' and c.relhassubclass`,
      [schema, name],
    ),
  'have descendents',
)

/**
 * `has_inherited_tables`: other tables inherit from the table, or did once and none has since been looked for.
 *
 * @example
 * await tap.hasInheritedTables('zoo.building')
 */
export const hasInheritedTables = inherited.has

/**
 * `hasnt_inherited_tables`: no table inherits from the table, be it that there is none of that name.
 *
 * @example
 * await tap.hasntInheritedTables('zoo.lagoon')
 */
export const hasntInheritedTables = inherited.hasnt

/**
 * `is_ancestor_of`: the other table inherits from the one, directly or through others. pgTAP finds none beyond two generations.
 *
 * @example
 * await tap.isAncestorOf('zoo.building', 'zoo.reef', 2)
 */
export const isAncestorOf = ancestor(true)

/**
 * `isnt_ancestor_of`: the other table does not inherit from the one, or not in that generation.
 *
 * @example
 * await tap.isntAncestorOf('zoo.reef', 'zoo.building')
 */
export const isntAncestorOf = ancestor(false)

/**
 * `is_descendent_of`: the one table inherits from the other, directly or through others. pgTAP finds none beyond two generations.
 *
 * @example
 * await tap.isDescendentOf('zoo.reef', 'zoo.aquarium', 1)
 */
export const isDescendentOf = descendent(true)

/**
 * `isnt_descendent_of`: the one table does not inherit from the other, or not in that generation.
 *
 * @example
 * await tap.isntDescendentOf('zoo.aquarium', 'zoo.reef')
 */
export const isntDescendentOf = descendent(false)

function ancestor(wanted: boolean): OnKin {
  return async (session, one, other, ...rest) => {
    const { detail: depth, description } = restOf(rest)
    const which =
      depth === undefined
        ? 'an ancestor of'
        : `ancestor ${depth} ${nameOf(one).schema === null ? 'of' : 'for'}`
    return verdict(
      (await inherits(session, { ancestor: one, descendent: other, depth })) === wanted,
      description ?? should(wanted, one, which, other),
    )
  }
}

function descendent(wanted: boolean): OnKin {
  return async (session, one, other, ...rest) => {
    const { detail: depth, description } = restOf(rest)
    const which = depth === undefined ? 'a descendent of' : `descendent ${depth} from`
    return verdict(
      (await inherits(session, { ancestor: other, descendent: one, depth })) === wanted,
      description ?? should(wanted, one, which, other),
    )
  }
}

function should(wanted: boolean, one: string, which: string, other: string): string {
  return `Table ${shown(one)} should ${wanted ? '' : 'not '}be ${which} ${shown(other)}`
}

/** Two tables that may be kin, and how many generations may lie between. */
interface Kin {
  readonly ancestor: string
  readonly descendent: string
  readonly depth: number | undefined
}

/** Whether the one inherits from the other: upwards, since a table has few ancestors and may have many descendents. */
function inherits(session: Session, { ancestor, descendent, depth }: Kin): Promise<boolean> {
  const [above, below] = [nameOf(ancestor), nameOf(descendent)]
  return finds(
    session,
    `with recursive kin (relation, depth) as (
       select i.inhparent, 1
       from pg_catalog.pg_class as c
       join pg_catalog.pg_inherits as i on i.inhrelid = c.oid
       where ${isNamed('pg_class', 'c')}
       union
       select i.inhparent, k.depth + 1 from kin as k join pg_catalog.pg_inherits as i on i.inhrelid = k.relation
     )
     select from kin as k
     join pg_catalog.pg_class as a on a.oid = k.relation
     where ${isNamed('pg_class', 'a', 3)} and k.depth = coalesce($5::integer, k.depth)`,
    [below.schema, below.name, above.schema, above.name, depth ?? null],
  )
}
