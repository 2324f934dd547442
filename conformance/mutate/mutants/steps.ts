/** Faults of a PL/pgSQL body's steps: one is left out, or the answer is another. */
import type { Kind, Proposal } from '../mutant.ts'
import type { Placed, Words } from './words.ts'

const OPENS = new Set([';', 'begin', 'then', 'else', 'loop'])
/** What has an end of its own, or is none of the steps. */
const NO_STEP = new Set([
  'if',
  'elsif',
  'else',
  'end',
  'loop',
  'while',
  'for',
  'foreach',
  'case',
  'declare',
  'begin',
  'exception',
  'when',
  'null',
])

/** All of them. */
export function stepProposals(words: Words): Proposal[] {
  const begins = words.all.findIndex(({ word, depth }) => word === 'begin' && depth === 0)
  return words.all.flatMap((token) => {
    if (token.index <= begins || token.depth > 0 || NO_STEP.has(token.word) || isDeclared(words, token.index))
      return []
    if (!OPENS.has(words.word(token.index - 1)) || isOfCase(words, token.index)) return []
    const end = words.until(token.index, 0, new Set([';']))
    return words.word(end) === ';' ? step(words, token, end) : []
  })
}

/** Where statements of a body begin, those with an end of their own among them: there something can be noted when it is run. */
export function stepBegins(words: Words): number[] {
  const begins = words.all.findIndex(({ word, depth }) => word === 'begin' && depth === 0)
  return words.all.flatMap(({ index, depth, word, from }) => {
    if (index <= begins || depth > 0 || NO_BEGIN.has(word) || isDeclared(words, index)) return []
    return OPENS.has(words.word(index - 1)) && !isOfCase(words, index) ? [from] : []
  })
}

const NO_BEGIN = new Set([';', 'elsif', 'else', 'end', 'exception', 'when', '<<', 'loop'])

function step(words: Words, { index, word }: Placed, end: number): Proposal[] {
  const next = words.word(index + 1)
  if (word === 'return' && next !== ';' && next !== 'query' && next !== 'next')
    return next === 'null' ? [] : words.change('return value', index + 1, end, 'null')
  return words.change(kindOf(words, index, end), index, end, 'null')
}

function kindOf(words: Words, index: number, end: number): Kind {
  if (words.word(index) === 'raise') return 'refusal'
  const written = words.written(index, end)
  if (/advisory|_locks?\(|for (no key )?update/.test(written)) return 'lock'
  return /\b(assert|refuse|check)_\w+\s*\(/.test(written) ? 'refusal' : 'statement'
}

/** Each ELSIF, and where the IF begins that it belongs to: whoever runs that decides this, too. */
export function otherBranches(words: Words): { at: number; of: number }[] {
  return words.all.flatMap(({ word, depth, index, from }) => {
    if (word !== 'elsif' || depth > 0) return []
    let open = 0
    for (let i = index - 1; i >= 0; i -= 1) {
      const token = words.at(i) as Placed
      if (token.depth > 0 || token.word !== 'if') continue
      if (words.word(i - 1) === 'end') open += 1
      else if (open > 0) open -= 1
      else return [{ at: from, of: token.from }]
    }
    return []
  })
}

/** Whether it stands between DECLARE and BEGIN. */
function isDeclared(words: Words, index: number): boolean {
  for (let i = index - 1; i >= 0; i -= 1) {
    const { word, depth } = words.at(i) as Placed
    if (depth === 0 && (word === 'begin' || word === 'declare')) return word === 'declare'
  }
  return false
}

/** Within `case … end`, THEN and ELSE come before values, not before steps. */
function isOfCase(words: Words, index: number): boolean {
  let open = 0
  for (let i = index - 1; i >= 0; i -= 1) {
    const word = words.word(i)
    if (word === ';' && open === 0) return false
    if (word === 'end') open += 1
    else if (word === 'case' && open > 0) open -= 1
    else if (word === 'case') return true
  }
  return false
}
