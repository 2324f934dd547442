/** Faults of one sign or one word: comparisons, arithmetic, connectives, negations, and functions taken for their opposites. */
import type { Kind, Proposal } from '../mutant.ts'
import type { Placed, Words } from './words.ts'

const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '=': '<>',
  '<>': '=',
  '!=': '=',
}
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '+', '/': '*' }

const FUNCTIONS: Readonly<Record<string, readonly [kind: Kind, by: string]>> = {
  greatest: ['extreme', 'least'],
  least: ['extreme', 'greatest'],
  min: ['aggregate', 'max'],
  max: ['aggregate', 'min'],
  sum: ['aggregate', 'max'],
  bool_or: ['aggregate', 'bool_and'],
  bool_and: ['aggregate', 'bool_or'],
  round: ['rounding', 'trunc'],
  ceil: ['rounding', 'floor'],
  floor: ['rounding', 'ceil'],
  trim_scale: ['rounding', ''],
  now: ['period', 'pg_catalog.clock_timestamp'],
  clock_timestamp: ['period', 'pg_catalog.now'],
  statement_timestamp: ['period', 'pg_catalog.now'],
  pg_advisory_xact_lock: ['lock', 'pg_catalog.pg_advisory_xact_lock_shared'],
  pg_advisory_xact_lock_shared: ['lock', 'pg_catalog.pg_advisory_xact_lock'],
}

/** All of them. */
export function signProposals(words: Words): Proposal[] {
  return words.all.flatMap((token) => {
    if (token.raises) return []
    if (token.is === 'sign') return sign(words, token)
    return token.is === 'name' ? [...name(words, token), ...negation(words, token)] : []
  })
}

function sign(words: Words, { index, word, clause }: Placed): Proposal[] {
  const comparison = COMPARISONS[word]
  if (comparison !== undefined) {
    // In a SET clause it is no comparison.
    return clause === 'set' || clause === '' ? [] : words.change('comparison', index, index + 1, comparison)
  }
  const arithmetic = ARITHMETIC[word]
  // What is added to show three decimals can as well be subtracted.
  if (/^0\.0+$/.test(words.word(index + 1))) return []
  return arithmetic !== undefined && isOperand(words.at(index - 1)) && isOperand(words.at(index + 1))
    ? words.change('arithmetic', index, index + 1, arithmetic)
    : []
}

function isOperand(token: Placed | undefined): boolean {
  if (!token) return false
  return (
    token.is === 'number' ||
    token.is === 'text' ||
    /^[()\]]$/.test(token.word) ||
    (token.is === 'name' && !NO_OPERAND.has(token.word))
  )
}

const NO_OPERAND = new Set([
  'select',
  'from',
  'where',
  'and',
  'or',
  'returning',
  'return',
  'by',
  'distinct',
  'into',
  'then',
  'else',
  'when',
])

function name(words: Words, { index, word, depth }: Placed): Proposal[] {
  if (word === 'and' && !isOfBetween(words, index, depth))
    return words.change('connective', index, index + 1, 'or')
  if (word === 'or' && words.word(index - 1) !== 'create')
    return words.change('connective', index, index + 1, 'and')
  if (word === 'true' || word === 'false')
    return words.word(index - 1) === 'is' || words.word(index - 1) === 'not'
      ? []
      : words.change('constant', index, index + 1, word === 'true' ? 'false' : 'true')
  const swap = Object.hasOwn(FUNCTIONS, word) ? FUNCTIONS[word] : undefined
  return swap && words.word(index + 1) === '(' && words.word(index - 1) !== '.'
    ? words.change(swap[0], index, index + 1, swap[1])
    : []
}

/** Whether the AND belongs to a BETWEEN, and combines no conditions. */
export function isOfBetween(words: Words, index: number, depth: number): boolean {
  for (let i = index - 1; i >= 0; i -= 1) {
    const token = words.at(i) as Placed
    if (token.depth < depth || (token.depth === depth && /^(and|or|where|on|if|when|;)$/.test(token.word)))
      return false
    if (token.depth === depth && token.word === 'between') return true
  }
  return false
}

function negation(words: Words, { index, word }: Placed): Proposal[] {
  const next = words.word(index + 1)
  if (word === 'is') {
    if (next === 'not')
      return words.change(
        words.word(index + 2) === 'null' ? 'null handling' : 'negation',
        index,
        index + 2,
        'is',
      )
    if (/^(null|true|false|distinct)$/.test(next))
      return words.change(next === 'null' ? 'null handling' : 'negation', index, index + 1, 'is not')
    return []
  }
  if (
    word === 'not' &&
    words.word(index - 1) !== 'is' &&
    /^(exists|in|like|between|\(|[a-z_]\w*)$/.test(next)
  )
    return next === 'null' || next === 'materialized' ? [] : words.change('negation', index, index + 1, '')
  if (word === 'exists' && words.word(index - 1) !== 'not' && words.word(index - 1) !== 'if')
    return words.change('negation', index, index + 1, 'not exists')
  return []
}
