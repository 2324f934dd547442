/** Faults of conditions and branches: a conjunct that no longer counts, the wrong one of two ways. */
import type { Proposal } from '../mutant.ts'
import { isOfBetween } from './signs.ts'
import type { Placed, Words } from './words.ts'

const BEGINS = new Set([
  'and',
  'or',
  'where',
  'on',
  'having',
  'when',
  'if',
  'elsif',
  'while',
  ':=',
  'select',
  'return',
  ',',
  ';',
  'then',
  'else',
  'using',
  'check',
  'not',
  'into',
  'perform',
])
const ENDS = new Set([
  'and',
  'or',
  'then',
  'loop',
  ';',
  ',',
  'group',
  'order',
  'limit',
  'for',
  'returning',
  'having',
  'union',
  'except',
  'intersect',
  'join',
  'left',
  'inner',
  'cross',
  'full',
  'where',
  'as',
  'is',
  'on',
  'from',
  'into',
  'when',
  'else',
  'end',
  'window',
])

/** All of them. */
export function conditionProposals(words: Words): Proposal[] {
  return words.all.flatMap((token) =>
    token.raises ? [] : [...operands(words, token), ...branches(words, token), ...wheres(words, token)],
  )
}

function operands(words: Words, { index, word, depth }: Placed): Proposal[] {
  if ((word !== 'and' && word !== 'or') || isOfBetween(words, index, depth)) return []
  const neutral = word === 'and' ? 'true' : 'false'
  const left = words.since(index, depth, BEGINS)
  const right = afterBetween(words, index + 1, depth)
  // The left one only where it is the first: else it is the right one of the operator before.
  const isFirst = !/^(and|or)$/.test(words.word(left - 1))
  return [
    ...(isFirst ? words.change('condition', left, index, neutral) : []),
    ...words.change('condition', index + 1, right, neutral),
  ]
}

/** Where an operand ends, which may hold an AND of its own: BETWEEN … AND …. */
function afterBetween(words: Words, from: number, depth: number): number {
  let end = words.until(from, depth, ENDS)
  while (words.word(end) === 'and' && isOfBetween(words, end, depth)) end = words.until(end + 1, depth, ENDS)
  // `is null` and `is not distinct from` belong to it.
  while (words.word(end) === 'is') {
    const more = words.reads(end + 1, 'not') ? 2 : 1
    end = words.until(end + more + (words.reads(end + more, 'distinct', 'from') ? 2 : 1), depth, ENDS)
  }
  return end
}

function branches(words: Words, { index, word, depth }: Placed): Proposal[] {
  if (word === 'if' || word === 'elsif') {
    const then = words.until(index + 1, depth, new Set(['then', ';']))
    if (words.word(then) !== 'then') return []
    return [
      ...words.change('branch', index + 1, then, 'true'),
      ...words.change('branch', index + 1, then, 'false'),
    ]
  }
  if (word === 'when' && isSearched(words, index)) {
    const then = words.until(index + 1, depth, new Set(['then', ';']))
    return words.word(then) === 'then'
      ? words.change('branch', index + 1, then, `not (${words.written(index + 1, then)})`)
      : []
  }
  return []
}

/** `case when …`, not `case x when …` and not a handler of exceptions. */
function isSearched(words: Words, index: number): boolean {
  let open = 0
  for (let i = index - 1; i >= 0; i -= 1) {
    const word = words.word(i)
    if (word === 'end') open += 1
    else if (word === 'case' && open > 0) open -= 1
    else if (word === 'case') return words.word(i + 1) === 'when'
    else if (word === 'exception' || word === ';') return false
  }
  return false
}

/** A WHERE of a single condition. */
function wheres(words: Words, { index, word, depth }: Placed): Proposal[] {
  if (word !== 'where') return []
  const end = words.until(
    index + 1,
    depth,
    new Set([';', 'group', 'order', 'limit', 'for', 'returning', 'having', 'union', 'except', 'loop']),
  )
  const isSingle = !words.all
    .slice(index, end)
    .some((token) => token.depth === depth && /^(and|or)$/.test(token.word))
  return isSingle ? words.change('condition', index + 1, end, 'true') : []
}
