/** Faults of queries: what is locked, ordered, limited, joined, aggregated; and values in each other's place. */
import type { Proposal } from '../mutant.ts'
import type { Placed, Words } from './words.ts'

const AFTER_ORDER = new Set(['limit', 'for', ';', 'loop', 'offset', 'fetch', 'union'])
const AFTER_LIMIT = new Set(['for', ';', 'loop', 'offset', 'fetch', 'union'])

/** All of them. */
export function queryProposals(words: Words): Proposal[] {
  return words.all.flatMap((token) =>
    token.raises ? [] : [...clause(words, token), ...neighbours(words, token)],
  )
}

function clause(words: Words, { index, word, depth }: Placed): Proposal[] {
  const next = words.word(index + 1)
  switch (word) {
    case 'for':
      return lock(words, index, depth)
    case 'skip':
      return next === 'locked' ? words.change('lock', index, index + 2, '') : []
    case 'order':
      return next === 'by' ? ordered(words, index, depth) : []
    case 'desc':
      return words.change('order', index, index + 1, 'asc')
    case 'limit':
      // INTO takes the first row anyway.
      if (isInto(words, index, depth)) return []
      return words.change('limit', index, words.until(index + 1, depth, AFTER_LIMIT), '')
    case 'left':
      return next === 'join' ? words.change('join', index, index + 1, 'inner') : []
    case 'join':
      return /^(left|cross|full|right|inner)$/.test(words.word(index - 1))
        ? []
        : words.change('join', index, index + 1, 'left join')
    case 'full':
      return next === 'join' ? words.change('join', index, index + 1, 'left') : []
    case 'union':
      return words.change(
        'distinct',
        index,
        index + (next === 'all' ? 2 : 1),
        next === 'all' ? 'union' : 'union all',
      )
    case 'distinct':
      return next === 'on' || /^(is|not)$/.test(words.word(index - 1))
        ? []
        : words.change('distinct', index, index + 1, '')
    case 'filter':
      return next === '(' ? words.change('aggregate', index, words.closing(index + 1) + 1, '') : []
    default:
      return []
  }
}

function lock(words: Words, index: number, depth: number): Proposal[] {
  const strength = words.reads(index + 1, 'no', 'key', 'update')
    ? 3
    : /^(update|share)$/.test(words.word(index + 1))
      ? 1
      : 0
  if (strength === 0) return []
  const end = words.until(index + 1 + strength, depth, new Set([';', 'loop', 'for', ',']))
  const weaker = words.word(index + strength) === 'share' ? 'key share' : 'share'
  return [
    ...words.change('lock', index, end, ''),
    ...words.change('lock', index + 1, index + 1 + strength, weaker),
  ]
}

/** Without the order; within the arguments of an aggregate, up to their end. */
function ordered(words: Words, index: number, depth: number): Proposal[] {
  return words.change('order', index, words.until(index + 2, depth, AFTER_ORDER), '')
}

/** Two neighbours in a list that look alike, each in the other's place. */
function neighbours(words: Words, { index, word, depth }: Placed): Proposal[] {
  if (word !== ',') return []
  const ends = new Set([
    ',',
    ';',
    'from',
    'into',
    'where',
    'returning',
    'select',
    'set',
    'return',
    'values',
    'on',
    'in',
    'by',
  ])
  const [from, to] = [words.since(index, depth, ends), words.until(index + 1, depth, ends)]
  const [left, right] = [words.all.slice(from, index), words.all.slice(index + 1, to)]
  const alike =
    left.length === right.length &&
    left.length > 0 &&
    left.every((token, i) => isAlike(token, right[i] as Placed))
  const { clause: within } = words.at(from) ?? { clause: '' }
  const [one, other] = [words.written(from, index), words.written(index + 1, to)]
  if (isFree(words, from, within, one, other)) return []
  if (!alike || /^(order|group|declare)$/.test(within)) return []
  const [a, b] = [parts(one, within), parts(other, within)]
  if (a.made === b.made) return []
  const exchanged = `${a.name}${b.made}${a.alias}, ${b.name}${a.made}${b.alias}`
  return words.change('column', from, to, exchanged)
}

/** Whether a statement puts its first row into variables. */
export function isInto(words: Words, index: number, depth: number): boolean {
  const begin = words.since(index, depth, new Set([';', 'then', 'loop', 'begin', 'else']))
  return words.all
    .slice(begin, words.until(index, depth, new Set([';'])))
    .some(
      (token) =>
        token.depth === depth &&
        token.word === 'into' &&
        !/^(insert|merge)$/.test(words.word(token.index - 1)),
    )
}

/**
 * Whether the order of a list means nothing: columns that are read by name, of a subquery or of a record; the arguments of LEAST
 * or num_nulls; the cases of IN.
 */
function isFree(words: Words, from: number, clause: string, one: string, other: string): boolean {
  const { depth } = words.at(from) ?? { depth: 0 }
  const areNamed = clause === 'select' && [one, other].every((written) => parts(written, clause).alias === '')
  if (depth === 0) return areNamed && isIntoRecord(words, from)
  const open = words.since(from, depth, new Set()) - 1
  if (/^(greatest|least|num_nulls|num_nonnulls|in|any|using|by|distinct)$/.test(words.word(open - 1)))
    return true
  return areNamed
}

/** Whether a statement of a body puts its rows into a record, by INTO or as a loop. */
function isIntoRecord(words: Words, index: number): boolean {
  const begin = words.since(index, 0, new Set([';', 'then', 'begin', 'else', 'loop']))
  const end = words.until(index, 0, new Set([';', 'loop']))
  const into = words.all.slice(begin, end).find(({ word, depth }) => word === 'into' && depth === 0)
  const target = words.word(begin) === 'for' ? begin + 1 : into && into.index + 1
  if (target === undefined || words.word(target + 1) === ',') return false
  return words.all.some(
    ({ index: at, word }) => word === words.word(target) && words.word(at + 1) === 'record',
  )
}

function isAlike(a: Placed, b: Placed): boolean {
  return a.is === b.is && (a.is !== 'sign' || a.word === b.word)
}

/** What a column or an assignment is made of, between the names that it keeps. */
function parts(written: string, clause: string): { name: string; made: string; alias: string } {
  const name = (clause === 'set' && /^[\w."]+\s*=\s*/.exec(written)?.[0]) || ''
  const alias = /\s+as\s+("[^"]+"|\w+)$/i.exec(written)?.[0] ?? ''
  return { name, made: written.slice(name.length, written.length - alias.length), alias }
}
