/**
 * Where our verdict is not pgTAP's, on purpose: its documentation promises ours. When pgTAP comes to say the same, these fail, and
 * the calls belong among the cases.
 */
import { expect, needs, test } from '../../harness/index.ts'
import { type Call, call, int, name, names } from './call.ts'
import { trial } from './judge.ts'

const disagreeing: readonly (readonly [title: string, call: Call])[] = [
  [
    'an ancestor three generations up is one, though pgTAP finds none',
    call('is_ancestor_of', name('building'), name('lagoon')),
  ],
  [
    'a descendent in the third generation is one, though pgTAP finds none',
    call('is_descendent_of', name('zoo'), name('lagoon'), name('zoo'), name('building'), int('3')),
  ],
  [
    'a partition may be named with the schema it is in, whatever the path',
    call('partitions_are', name('tickets'), names('zoo."Odd Tickets"')),
  ],
]

for (const [title, call] of disagreeing) {
  needs('pgtap')(title, async ({ zoo }) => {
    await zoo.query('select * from extensions.no_plan()')
    const { pgtap, ours } = await trial(zoo, call)
    expect({ pgtap, ours }).toMatchObject({ pgtap: { ok: false }, ours: { ok: true } })
  })
}

test('a tablespace is at its location and nowhere else', async ({ tapAtZoo: tap }) => {
  await tap.hasTablespace('pg_default', { location: '' })
  await expect(tap.hasTablespace('pg_default', { location: '/elsewhere' })).rejects.toThrow(
    'Tablespace pg_default should exist at /elsewhere',
  )
})

test('what is no operator and what is no name is refused', async ({ tapAtZoo: tap }) => {
  await expect(tap.hasOperator('text', 'zoo.place', 'text')).rejects.toThrow(
    '"zoo.place" is not an operator: expected one such as = or schema.=',
  )
  await expect(tap.hasLeftop('a.b.!', 'text')).rejects.toThrow('"a.b.!" is not an operator')
  await expect(tap.hasExtension('uuid-ossp')).rejects.toThrow('"uuid-ossp" is not a name')
  await expect(tap.partitionsAre('zoo.tickets', ['Odd Tickets'])).rejects.toThrow(
    '"Odd Tickets" is not a name',
  )
})
