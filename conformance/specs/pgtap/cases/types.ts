import { after, type Call, call, name, names, text } from '../call.ts'

/** One of the kind and one of another, ordinary and odd, by all four ways of asking. */
const existence = (kind: string, there: string, odd: string, other: string): Call[] =>
  [`has_${kind}`, `hasnt_${kind}`].flatMap((claim) => [
    ...[there, other, 'nothing'].flatMap((thing) => [
      call(claim, name('zoo'), name(thing), text('a description')),
      call(claim, name('zoo'), name(thing)),
      call(claim, name(thing), text('a description')),
      call(claim, name(thing)),
    ]),
    call(claim, name('Odd Zoo'), name(odd)),
    call(claim, name('Odd Zoo'), name(odd.toLowerCase()), text('a description')),
    call(claim, name(odd)),
    call(claim, name('nowhere'), name(there)),
  ])

const onlyZoo = ['set local search_path = zoo, extensions']

/** All of a kind: just those there are, and others, in a schema and on the search path, where pgTAP's own are to be found. */
const all = (claim: string, there: readonly string[], pgtaps: readonly string[] = []): Call[] => [
  call(claim, name('zoo'), names(...there)),
  call(claim, name('zoo'), names(...there), text('a description')),
  call(claim, name('zoo'), names('absent', 'place')),
  call(claim, name('zoo'), names(), text('a description')),
  call(claim, name('nowhere'), names('mood')),
  call(claim, name('Odd Zoo'), names()),
  call(claim, name('Odd Zoo'), names('zebra')),
  // Here pgTAP and ours both stop: it is no spelling of a type.
  call(claim, name('Odd Zoo'), names('Mood Swing')),
  after(onlyZoo, call(claim, names(...there, ...pgtaps))),
  after(onlyZoo, call(claim, names(...there, ...pgtaps), text('a description'))),
  after(['set local search_path = "Odd Zoo", zoo_annex, extensions'], call(claim, names())),
  call(claim, names('absent')),
  call(claim, names('absent', 'MOOD'), text('a description')),
]

const domainType = (claim: string): Call[] => [
  ...['numeric', 'numeric(8,3)', 'decimal', 'text', 'nothing'].flatMap((type) => [
    call(claim, name('zoo'), text('weight_kg'), name('pg_catalog'), text(type), text('a description')),
    call(claim, name('zoo'), text('weight_kg'), name('pg_catalog'), text(type)),
    call(claim, name('zoo'), text('weight_kg'), text(type), text('a description')),
    call(claim, name('zoo'), text('weight_kg'), text(type)),
    call(claim, text('weight_kg'), text(type), text('a description')),
    call(claim, text('weight_kg'), text(type)),
  ]),
  call(claim, name('zoo'), text('WEIGHT_KG'), text('numeric')),
  call(claim, text('Address'), text('text'), text('a description')),
  call(claim, name('zoo'), text('address'), name('zoo'), text('text')),
  call(claim, name('zoo'), text('address'), name('Odd Zoo'), text('text')),
  call(claim, name('zoo'), text('nothing'), name('pg_catalog'), text('text'), text('a description')),
  call(claim, name('zoo'), text('nothing'), text('text')),
  call(claim, text('nothing'), text('text')),
  call(claim, name('Odd Zoo'), text('mood'), text('text')),
  after(
    ['create domain zoo.mildness as zoo.mood'],
    call(claim, name('zoo'), text('mildness'), name('zoo'), text('mood')),
  ),
  after(
    ['create domain zoo.swing as "Odd Zoo"."Mood Swing"'],
    call(claim, name('zoo'), text('swing'), name('Odd Zoo'), text('"Mood Swing"')),
  ),
  after(
    ['create domain zoo.swing as "Odd Zoo"."Mood Swing"'],
    call(claim, name('zoo'), text('swing'), text('"Odd Zoo"."Mood Swing"')),
  ),
  // pgTAP does not know a schema on the path again whose name needs quotes.
  ...['"Mood Swing"', 'nothing'].flatMap((type) =>
    [[], [text('a description')]].map((description) =>
      after(
        [
          'create domain zoo.swing as "Odd Zoo"."Mood Swing"',
          'set local search_path = "Odd Zoo", extensions',
        ],
        call(claim, name('zoo'), text('swing'), name('Odd Zoo'), text(type), ...description),
      ),
    ),
  ),
  // What pgTAP does not find, since it folds the name.
  call(claim, name('Odd Zoo'), text('Short Text'), text('text'), text('a description')),
]

const mood = names('calm', 'playful', 'hungry')

export const types: readonly Call[] = [
  ...existence('type', 'place', 'Mood Swing', 'shift'),
  ...existence('type', 'animals', 'Strange Table', '_place'),
  ...existence('domain', 'weight_kg', 'Short Text', 'place'),
  ...existence('enum', 'mood', 'Mood Swing', 'weight_kg'),
  call('has_type', name('pg_catalog'), name('int4')),
  call('has_type', name('int4')),
  call('has_type', name('anyelement')),
  ...all('types_are', ['mood', 'place', 'weight_kg', 'address'], ['_time_trial_type']),
  ...all('domains_are', ['weight_kg', 'address']),
  ...all('enums_are', ['mood']),
  ...domainType('domain_type_is'),
  ...domainType('domain_type_isnt'),
  call('enum_has_labels', name('zoo'), name('mood'), mood, text('a description')),
  call('enum_has_labels', name('zoo'), name('mood'), mood),
  call('enum_has_labels', name('mood'), mood, text('a description')),
  call('enum_has_labels', name('mood'), mood),
  call(
    'enum_has_labels',
    name('zoo'),
    name('mood'),
    names('calm', 'hungry', 'playful'),
    text('a description'),
  ),
  call('enum_has_labels', name('mood'), names('calm', 'it is so', 'Hungry')),
  call('enum_has_labels', name('mood'), names()),
  call('enum_has_labels', name('Odd Zoo'), name('Mood Swing'), names('up', 'down')),
  call('enum_has_labels', name('Odd Zoo'), name('mood swing'), names('up', 'down')),
  call('enum_has_labels', name('place'), names(), text('a description')),
  after(
    [`create type zoo.odd as enum ('a,b', 'c"d', '')`],
    call('enum_has_labels', name('odd'), names('a,b', 'c"d', 'e')),
  ),
]
