import { type Call, call, name, names, text } from '../call.ts'

const described = text('a description')

/** A function that is meant, by all ways of naming it: there, among namesakes, found by the path, and not there. */
const meant = [
  [name('zoo'), name('greet'), names('text')],
  [name('zoo'), name('greet'), names('text', 'int4')],
  [name('zoo'), name('feed'), names('bigint', 'text[]')],
  [name('zoo'), name('feed')],
  [name('zoo'), name('total_weight'), names('numeric')],
  [name('zoo'), name('running_number')],
  [name('zoo'), name('clean'), names('integer')],
  [name('Odd Zoo'), name('Odd Function'), names('"Odd Zoo"."Mood Swing"')],
  [name('feed')],
  [name('greet'), names('text', 'integer')],
  [name('zoo'), name('greet'), names('nonsense')],
  [name('nothing'), names('text')],
  [name('zoo'), name('nothing')],
  [name('nothing')],
] as const

const KINDS = ['definer', 'strict', 'aggregate', 'normal_function', 'window', 'procedure']

const plain = ['has_function', 'hasnt_function', ...KINDS.flatMap((kind) => [`is_${kind}`, `isnt_${kind}`])]

const claimed: readonly (readonly [claim: string, right: string, wrong: string])[] = [
  ['function_returns', 'text', 'setof text'],
  ['volatility_is', 'immutable', 'v'],
]

export const functions: readonly Call[] = [
  ...plain.flatMap((claim) =>
    meant.flatMap((which) => [call(claim, ...which), call(claim, ...which, described)]),
  ),
  ...claimed.flatMap(([claim, right, wrong]) =>
    meant.flatMap((which) => [
      call(claim, ...which, text(right)),
      call(claim, ...which, text(wrong)),
      call(claim, ...which, text(right), described),
    ]),
  ),
  ...meant.flatMap((which) => [
    call('function_lang_is', ...which, name('sql')),
    call('function_lang_is', ...which, name('plpgsql'), described),
  ]),
  call('function_returns', name('zoo'), name('feed'), text('void')),
  call('function_returns', name('zoo'), name('greet'), names('text', 'int'), text('setof  varchar')),
  call('function_returns', name('zoo'), name('feed'), text('nonsense')),
  ...['', 'x', 'IMMUTABLE'].flatMap((volatility) => [
    call('volatility_is', name('zoo'), name('greet'), names('text'), text(volatility)),
    call('volatility_is', name('mood_to_int'), text(volatility), described),
  ]),
  call('functions_are', name('zoo_annex'), names('greet')),
  call('functions_are', name('zoo_annex'), names('Greet', 'feed'), described),
  call('functions_are', names('greet')),
  call('functions_are', names('greet', 'nothing'), described),
  call('can', name('zoo'), names('greet', 'feed')),
  call('can', name('zoo'), names('Greet', 'feed', 'nothing'), described),
  call('can', names('greet', 'ring')),
  call('can', names('nothing', 'ring', 'Odd Function')),
  call('can', names('nothing', 'ring', 'nothing'), described),
]
