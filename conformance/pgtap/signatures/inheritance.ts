/** Inheritance and partitions. */
import * as claims from '../inheritance.ts'
import { qualified } from '../name.ts'
import * as partitions from '../partitions.ts'
import { type Overload, overloads } from './overloads.ts'
import { thing } from './relations.ts'

/** Two tables, both with a schema or neither, and how many generations apart they are. */
const kin = (claim: claims.OnKin): Overload[] => [
  ...overloads(
    'oneSchema:name one:name otherSchema:name other:name [depth:integer] [description:text]',
    (session, a) =>
      claim(
        session,
        qualified(a.oneSchema, a.one),
        qualified(a.otherSchema, a.other),
        depthOf(a.depth),
        a.description,
      ),
  ),
  ...overloads('one:name other:name [depth:integer] [description:text]', (session, a) =>
    claim(session, qualified(null, a.one), qualified(null, a.other), depthOf(a.depth), a.description),
  ),
]

const depthOf = (depth: string | undefined) => (depth === undefined ? undefined : Number(depth))

export const inheritance = {
  has_inherited_tables: thing(claims.hasInheritedTables),
  hasnt_inherited_tables: thing(claims.hasntInheritedTables),
  is_ancestor_of: kin(claims.isAncestorOf),
  isnt_ancestor_of: kin(claims.isntAncestorOf),
  is_descendent_of: kin(claims.isDescendentOf),
  isnt_descendent_of: kin(claims.isntDescendentOf),
  is_partitioned: thing(partitions.isPartitioned),
  isnt_partitioned: thing(partitions.isntPartitioned),
  is_partition_of: [
    ...overloads(
      'partSchema:name part:name wholeSchema:name whole:name [description:text]',
      (session, { partSchema, part, wholeSchema, whole, description }) =>
        partitions.isPartitionOf(
          session,
          qualified(partSchema, part),
          qualified(wholeSchema, whole),
          description,
        ),
    ),
    ...overloads('part:name whole:name [description:text]', (session, { part, whole, description }) =>
      partitions.isPartitionOf(session, qualified(null, part), qualified(null, whole), description),
    ),
  ],
  partitions_are: overloads('[schema:name] table:name partitions:name[] [description:text]', (session, a) =>
    partitions.partitionsAre(session, qualified(a.schema, a.table), a.partitions, a.description),
  ),
}
