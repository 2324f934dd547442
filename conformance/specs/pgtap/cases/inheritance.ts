import { after, type Call, call, int, name, names, text } from '../call.ts'
import { allWays } from '../ways.ts'

/** One table by all four ways of asking. */
const table = (claim: string, relation: string): Call[] => [
  call(claim, name('zoo'), name(relation), text('a description')),
  call(claim, name('zoo'), name(relation)),
  call(claim, name(relation), text('a description')),
  call(claim, name(relation)),
]

const inherited = (claim: string): Call[] => [
  ...['building', 'lagoon', 'visits', 'nothing'].flatMap((relation) => table(claim, relation)),
  call(claim, name('Odd Zoo'), name('Strange Table')),
  call(claim, name('nowhere'), name('building')),
]

const partitioned = (claim: string): Call[] => [
  ...['visits', 'Odd Tickets', 'visits_2025', 'nothing'].flatMap((relation) => table(claim, relation)),
  call(claim, name('Odd Zoo'), name('Strange Table')),
  call(claim, name('nowhere'), name('visits')),
]

/** Two tables in either order, near and far, by all eight ways of asking. */
const kin = (claim: string): Call[] => [
  ...(
    [
      ['building', 'aquarium'],
      ['building', 'reef'],
      ['building', 'lagoon'],
      ['reef', 'building'],
      ['visits', 'visits_2025'],
      ['tickets', 'tickets_first'],
      ['reef', 'animals'],
      ['nothing', 'reef'],
    ] as const
  ).flatMap(([one, other]) => [
    call(claim, name('zoo'), name(one), name('zoo'), name(other), int('1'), text('a description')),
    call(claim, name('zoo'), name(one), name('zoo'), name(other), int('2')),
    call(claim, name('zoo'), name(one), name('zoo'), name(other), text('a description')),
    call(claim, name('zoo'), name(one), name('zoo'), name(other)),
    call(claim, name(one), name(other), int('2'), text('a description')),
    call(claim, name(one), name(other), int('1')),
    call(claim, name(one), name(other), text('a description')),
    call(claim, name(one), name(other)),
  ]),
  call(claim, name('Odd Zoo'), name('Strange Table'), name('zoo'), name('reef'), int('0')),
  call(claim, name('zoo'), name('visits'), name('zoo_annex'), name('visits_later'), int('1')),
  call(claim, name('zoo_annex'), name('visits_later'), name('zoo'), name('visits')),
  call(claim, name('nowhere'), name('building'), name('zoo'), name('reef')),
  ...['3', '0', '-1', null].flatMap((depth) => [
    call(claim, name('zoo'), name('building'), name('zoo'), name('lagoon'), int(depth)),
    call(
      claim,
      name('zoo'),
      name('lagoon'),
      name('zoo'),
      name('building'),
      int(depth),
      text('a description'),
    ),
    call(claim, name('building'), name('lagoon'), int(depth), text('a description')),
    call(claim, name('lagoon'), name('building'), int(depth)),
  ]),
  call(claim, name('lagoon'), name('building')),
  call(claim, name('lagoon'), name('reef'), int(null), text('a description')),
]

const partitionOf: readonly Call[] = [
  ...['visits_2025', 'animals', 'nothing'].flatMap((part) => [
    call('is_partition_of', name('zoo'), name(part), name('zoo'), name('visits'), text('a description')),
    call('is_partition_of', name('zoo'), name(part), name('zoo'), name('visits')),
    call('is_partition_of', name(part), name('visits'), text('a description')),
    call('is_partition_of', name(part), name('visits')),
  ]),
  call('is_partition_of', name('zoo_annex'), name('visits_later'), name('zoo'), name('visits')),
  call('is_partition_of', name('zoo'), name('aquarium'), name('zoo'), name('building')),
  call('is_partition_of', name('Odd Zoo'), name('Strange Table'), name('zoo'), name('visits')),
  call('is_partition_of', name('zoo'), name('visits_2025'), name('nowhere'), name('visits')),
]

const parts = names('visits_2025', 'visits_2026', 'visits_later')
const awayFromZoo = ['set local search_path = extensions']

const partitions: readonly Call[] = [
  call('partitions_are', name('zoo'), name('visits'), parts, text('a description')),
  call('partitions_are', name('zoo'), name('visits'), parts),
  call('partitions_are', name('visits'), parts, text('a description')),
  call('partitions_are', name('visits'), parts),
  call(
    'partitions_are',
    name('zoo'),
    name('visits'),
    names('visits_2025', 'visits_2027'),
    text('a description'),
  ),
  call('partitions_are', name('visits'), names('nothing', 'animals')),
  call('partitions_are', name('zoo'), name('building'), names('aquarium')),
  call('partitions_are', name('Odd Zoo'), name('Strange Table'), names()),
  call('partitions_are', name('nothing'), names('visits_2025'), text('a description')),
  call('partitions_are', name('nowhere'), name('visits'), names()),
  after(
    awayFromZoo,
    call(
      'partitions_are',
      name('zoo'),
      name('visits'),
      names('zoo.visits_2025', 'zoo.visits_2026', 'elsewhere'),
    ),
  ),
  call('partitions_are', name('zoo'), name('tickets'), names('"Odd Tickets"')),
  call('partitions_are', name('zoo'), name('tickets'), names('Odd Tickets')),
  call('partitions_are', name('zoo'), name('tickets'), names('odd_tickets')),
  call('partitions_are', name('zoo'), name('Odd Tickets'), names('tickets_first')),
  // Written otherwise than the server prints them.
  ...(
    [
      ['tickets', 'zoo."Odd Tickets"'],
      ['tickets', 'Odd Tickets'],
      ['Odd Tickets', 'zoo.tickets_first'],
    ] as const
  ).flatMap(([table, partition]) => allWays('partitions_are', 'zoo', [name(table), names(partition)])),
  ...[
    ['zoo.visits_2025', 'zoo.visits_2026', 'visits_later'],
    ['zoo.visits_2025', 'zoo.visits_2026', 'zoo_annex.visits_later'],
    ['visits_2025', 'visits_2026', 'visits_later'],
  ].map((parts) =>
    after(
      ['set local search_path = zoo_annex, extensions'],
      call('partitions_are', name('zoo'), name('visits'), names(...parts)),
    ),
  ),
]

export const inheritance: readonly Call[] = [
  ...inherited('has_inherited_tables'),
  ...inherited('hasnt_inherited_tables'),
  ...kin('is_ancestor_of'),
  ...kin('isnt_ancestor_of'),
  ...kin('is_descendent_of'),
  ...kin('isnt_descendent_of'),
  ...partitioned('is_partitioned'),
  ...partitioned('isnt_partitioned'),
  ...partitionOf,
  ...partitions,
]
