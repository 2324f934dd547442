/** Faults of values: constants, what is told apart by text, missing values, periods and codes. */
import type { Proposal } from '../mutant.ts'
import { isInto } from './queries.ts'
import type { Placed, Words } from './words.ts'

const UNITS: Readonly<Record<string, string>> = {
  year: 'month',
  month: 'day',
  week: 'day',
  day: 'hour',
  hour: 'day',
  minute: 'hour',
  second: 'minute',
  ms: 's',
  seconds: 'minutes',
  minutes: 'hours',
  hours: 'days',
  days: 'hours',
  months: 'days',
  years: 'months',
  s: 'min',
}

/** All of them. */
export function valueProposals(words: Words): Proposal[] {
  return words.all.flatMap((token) => {
    if (token.is === 'number') return token.raises ? [] : number(words, token)
    if (token.is === 'text') return text(words, token)
    return token.is === 'name' && !token.raises ? missing(words, token) : []
  })
}

function number(words: Words, { index, word, depth }: Placed): Proposal[] {
  if (/^(limit|by|,)$/.test(words.word(index - 1)) && isOrdinal(words, index)) return []
  if (isUnread(words, index)) return []
  const change = (by: string) => words.change('constant', index, index + 1, by)
  if (words.word(index - 1) === 'limit' && isInto(words, index, depth)) return change('0')
  if (word.includes('.')) {
    // An amount: a digit further, and a thousandfold.
    return Number(word) === 0 ? change(`${word}0`) : [...change(shifted(word)), ...change(`(${word} * 1000)`)]
  }
  const value = BigInt(word)
  return [
    ...change(String(value + 1n)),
    ...change(value > 1n ? String(value * 10n) : value === 1n ? '0' : '10'),
  ]
}

/** Whether nobody reads it: EXISTS (SELECT 1 …), PERFORM 1 FROM …, RETURNING 1. */
function isUnread(words: Words, index: number): boolean {
  return (
    words.reads(index - 3, 'exists', '(', 'select') || /^(perform|returning)$/.test(words.word(index - 1))
  )
}

/** Whether it names a column of the answer by its place. */
function isOrdinal(words: Words, index: number): boolean {
  const { clause } = words.at(index) as Placed
  return clause === 'order' || clause === 'group'
}

function shifted(word: string): string {
  return /^0?\.0/.test(word) ? word.replace(/\.0/, '.') : `${word}1`
}

function text(words: Words, { index, word, raises }: Placed): Proposal[] {
  const before = words.word(index - 1)
  const change = (kind: Proposal['kind'], by: string) => words.change(kind, index, index + 1, by)
  if (words.reads(index - 2, 'errcode', '=')) return change('exception code', "'P0001'")
  if (raises) return []
  if (/^'(UTC|[A-Z]\w+\/\w+)'$/.test(word) && /^(zone|,)$/.test(before))
    return change('period', "'America/New_York'")
  if (/^'[a-z]+'$/.test(word) && words.reads(index - 2, 'date_trunc', '('))
    return change('period', unit(word))
  if (before === 'interval' || /^'\d+ ?[a-z]+'$/.test(word)) {
    const longer = word.replace(/\d+/, (digits) => String(Number(digits) * 10 + (digits === '0' ? 1 : 0)))
    return longer === word ? change('period', unit(word)) : change('period', longer)
  }
  // In a comparison or a list of cases, another word is a case that never comes.
  if (/^(=|<>|in|\(|,|when)$/.test(before) && /^'[\w -]+'$/.test(word) && isCase(words, index))
    return change('text', `'${word.slice(1, -1)}~'`)
  return []
}

function unit(word: string): string {
  return word.replace(/[a-z]+/, (name) => UNITS[name] ?? 'day')
}

function isCase(words: Words, index: number): boolean {
  if (/^(=|<>|when)$/.test(words.word(index - 1))) return (words.at(index) as Placed).clause !== 'set'
  for (
    let i = index - 1;
    i >= 0 && (words.at(i) as Placed).depth >= (words.at(index) as Placed).depth;
    i -= 1
  )
    if (words.word(i) === '(') return false
  const open = words.since(index, (words.at(index) as Placed).depth, new Set()) - 1
  return words.word(open - 1) === 'in'
}

function missing(words: Words, { index, word }: Placed): Proposal[] {
  if ((word !== 'coalesce' && word !== 'nullif') || words.word(index + 1) !== '(') return []
  const close = words.closing(index + 1)
  const { depth } = words.at(index + 2) ?? { depth: 0 }
  const first = words.until(index + 2, depth, new Set([',']))
  const rest = first + 1
  const kept = words.change('null handling', index, close + 1, words.written(index + 2, first))
  if (word === 'nullif') return kept
  return [
    ...kept,
    ...words.change('null handling', index, close + 1, `coalesce(${words.written(rest, close)})`),
  ]
}
