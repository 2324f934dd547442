/** Inheritance and partitions. */
import * as claims from '../inheritance.ts'
import { qualified } from '../name.ts'
import * as partitions from '../partitions.ts'
import { nearKin, partitionsAre } from './as-pgtap-decides.ts'
import { type Overload, overloads } from './overloads.ts'
import { thing } from './relations.ts'

/** Two tables, both with a schema or neither, and how many generations apart they are. */
const kin = (claim: claims.OnKin): Overload[] => [
  ...overloads(
    'oneSchema:name one:name otherSchema:name other:name [depth:integer?] [description:text]',
    (session, a) =>
      claim(
        session,
        qualified(a.oneSchema, a.one),
        qualified(a.otherSchema, a.other),
        depthOf(a.depth),
        descriptionOf(a),
      ),
  ),
  ...overloads('one:name other:name [depth:integer?] [description:text]', (session, a) =>
    claim(session, qualified(null, a.one), qualified(null, a.other), depthOf(a.depth), descriptionOf(a)),
  ),
]

interface AtDepth {
  readonly depth?: string | null
  readonly description?: string
}

/** NULL is any depth, and without words. */
const depthOf = (depth: AtDepth['depth']) => ((depth ?? null) === null ? undefined : Number(depth))
const descriptionOf = ({ depth, description }: AtDepth) => description ?? (depth === null ? '' : undefined)

export const inheritance = {
  has_inherited_tables: thing(claims.hasInheritedTables),
  hasnt_inherited_tables: thing(claims.hasntInheritedTables),
  is_ancestor_of: kin(nearKin(claims.isAncestorOf, true)),
  isnt_ancestor_of: kin(nearKin(claims.isntAncestorOf, false)),
  is_descendent_of: kin(nearKin(claims.isDescendentOf, true)),
  isnt_descendent_of: kin(nearKin(claims.isntDescendentOf, false)),
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
  partitions_are: overloads('[schema:name] table:name partitions:name[] [description:text]', partitionsAre),
}
