import { after, asked, type Call, call, name, names, text, texts } from '../call.ts'

const casts = (claim: string): Call[] => [
  ...['text', 'bigint'].flatMap((target) => [
    call(claim, name('place'), name(target), name('zoo'), name('place_to_text'), text('a description')),
    call(claim, name('place'), name(target), name('zoo'), name('place_to_text')),
    call(claim, name('place'), name(target), name('place_to_text'), text('a description')),
    call(claim, name('place'), name(target), name('place_to_text')),
    call(claim, name('place'), name(target), text('a description')),
    call(claim, name('place'), name(target)),
  ]),
  call(claim, name('zoo.place'), name('text'), name('Odd Zoo'), name('place_to_text')),
  call(claim, name('zoo.place'), name('text'), name('Not There')),
  call(claim, name('int'), name('zoo.place')),
  call(claim, name('int4'), name('int8')),
  // A cast without a function.
  call(claim, name('text'), name('character varying')),
  call(claim, name('text'), name('character varying'), name('varchar')),
  call(claim, name('"Odd Zoo"."Mood Swing"'), name('text')),
  call(claim, name('nothing'), name('text')),
  call(claim, name('not a type'), name('text')),
  call(claim, name('nowhere.nothing'), name('text')),
]

const contexts: readonly Call[] = [
  ...['implicit', 'assignment', 'explicit', 'IMPLICIT', 'a'].flatMap((context) => [
    call('cast_context_is', name('place'), name('text'), text(context)),
    call('cast_context_is', name('mood'), name('integer'), text(context), text('a description')),
    call('cast_context_is', name('integer'), name('zoo.place'), text(context)),
  ]),
  call('cast_context_is', name('place'), name('bigint'), text('implicit')),
  call('cast_context_is', name('nothing'), name('Odd'), text('implicit'), text('a description')),
  call('cast_context_is', name('place'), name('text'), text('whenever')),
]

const ALL_CASTS = `select format_type(castsource, null) || ' AS ' || format_type(casttarget, null) as value from pg_cast`

/** All ways to ask for an operator, for types it has and types it has not. */
const between = (claim: string): Call[] => [
  ...['place', 'mood'].flatMap((right) => [
    call(claim, name('place'), name('zoo'), name('==='), name(right), name('boolean'), text('a description')),
    call(claim, name('place'), name('zoo'), name('==='), name(right), name('boolean')),
    call(claim, name('place'), name('==='), name(right), name('boolean'), text('a description')),
    call(claim, name('place'), name('==='), name(right), name('bool')),
    call(claim, name('place'), name('==='), name(right), text('a description')),
    call(claim, name('place'), name('==='), name(right)),
  ]),
  call(claim, name('zoo.place'), name('Odd Zoo'), name('==='), name('zoo.place'), name('boolean')),
  call(claim, name('place'), name('==='), name('place'), name('integer')),
  call(claim, name('int'), name('+'), name('int8')),
  call(claim, name('integer'), name('pg_catalog'), name('+'), name('bigint'), name('bigint')),
  call(claim, name('place'), name('!!!'), name('place')),
  call(claim, name('nothing'), name('==='), name('place')),
  // A dash is no type, and no operand either.
  call(claim, name('-'), name('!!!'), name('place'), name('boolean')),
]

const before = (claim: string): Call[] => [
  ...['place', 'mood'].flatMap((right) => [
    call(claim, name('zoo'), name('!!!'), name(right), name('boolean'), text('a description')),
    call(claim, name('zoo'), name('!!!'), name(right), name('boolean')),
    call(claim, name('!!!'), name(right), name('boolean'), text('a description')),
    call(claim, name('!!!'), name(right), name('bool')),
    call(claim, name('!!!'), name(right), text('a description')),
    call(claim, name('!!!'), name(right)),
  ]),
  call(claim, name('Odd Zoo'), name('!!!'), name('zoo.place'), name('boolean')),
  call(claim, name('!!!'), name('place'), name('integer')),
  call(claim, name('-'), name('numeric')),
  call(claim, name('==='), name('place')),
  call(claim, name('!!!'), name('nothing')),
]

/** No server since PostgreSQL 14 has one. */
const behind = (claim: string): Call[] => [
  call(claim, name('place'), name('zoo'), name('!!!'), name('boolean'), text('a description')),
  call(claim, name('place'), name('zoo'), name('!!!'), name('boolean')),
  call(claim, name('place'), name('!!!'), name('boolean'), text('a description')),
  call(claim, name('place'), name('!!!'), name('boolean')),
  call(claim, name('place'), name('==='), text('a description')),
  call(claim, name('place'), name('===')),
]

const inZoo = texts('!!!(NONE,place) RETURNS boolean', '===(place,place) RETURNS boolean')
const others = texts('===(place,place) RETURNS text', '+(integer,place) RETURNS integer')
const onlyZoo = ['set local search_path = zoo, extensions']

export const operators: readonly Call[] = [
  ...casts('has_cast'),
  ...casts('hasnt_cast'),
  ...contexts,
  call('casts_are', asked('text[]', ALL_CASTS)),
  call('casts_are', asked('text[]', ALL_CASTS), text('a description')),
  call('casts_are', asked('text[]', `${ALL_CASTS} where castsource <> 'integer'::regtype`)),
  call('casts_are', asked('text[]', `${ALL_CASTS} union all select 'Odd AS "odd"'`), text('a description')),
  ...between('has_operator'),
  ...between('hasnt_operator'),
  ...before('has_leftop'),
  ...before('hasnt_leftop'),
  ...behind('has_rightop'),
  ...behind('hasnt_rightop'),
  call('operators_are', name('zoo'), inZoo),
  call('operators_are', name('zoo'), inZoo, text('a description')),
  call('operators_are', name('zoo'), others),
  call('operators_are', name('Odd Zoo'), others, text('a description')),
  after(onlyZoo, call('operators_are', inZoo)),
  after(onlyZoo, call('operators_are', inZoo, text('a description'))),
  call('operators_are', others),
  call('operators_are', inZoo, text('a description')),
  ...['has_opclass', 'hasnt_opclass'].flatMap((claim) => [
    ...['place_ops', 'mood_ops'].flatMap((opclass) => [
      call(claim, name('zoo'), name(opclass), text('a description')),
      call(claim, name('zoo'), name(opclass)),
      call(claim, name(opclass), text('a description')),
      call(claim, name(opclass)),
    ]),
    call(claim, name('Odd Zoo'), name('Place Ops')),
    call(claim, name('nowhere'), name('place_ops')),
  ]),
  call('opclasses_are', name('zoo_annex'), names('place_ops_too')),
  call('opclasses_are', name('zoo_annex'), names('place_ops_too'), text('a description')),
  call('opclasses_are', name('zoo'), names('Place Ops', 'absent')),
  call('opclasses_are', name('nowhere'), names('place_ops'), text('a description')),
  after(onlyZoo, call('opclasses_are', names('place_ops'))),
  after(onlyZoo, call('opclasses_are', names('place_ops'), text('a description'))),
  call('opclasses_are', names('Place Ops')),
  call('opclasses_are', names('place_ops'), text('a description')),
]
