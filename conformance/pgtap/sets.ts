/** Claims on the rows of an answer in any order: as sets (however often) and as bags (just as often). */
import type { Answer, Session } from '../engines/index.ts'
import { ask, attempt, type Query } from './query.ts'
import { relations, typeNames } from './record.ts'
import { extraMissing, listed, type Verdict, verdict } from './verdict.ts'
import { isQuery, key, line, rowsOf, type Wanted } from './wanted.ts'

/**
 * `set_eq`: the same rows, in any order and however often.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.setEq(['lion', 'otter'])
 */
export const setEq = claim('', ({ extra, missing }) => ({ extra, missing }))

/**
 * `bag_eq`: the same rows, in any order and just as often.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.bagEq(['lion', 'otter', 'otter'])
 */
export const bagEq = claim('all', ({ extra, missing }) => ({ extra, missing }))

/**
 * `set_ne`: not the same rows.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.setNe(['lion'])
 */
export const setNe = opposite('')

/**
 * `bag_ne`: not the same rows just as often.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.bagNe(['lion', 'otter'])
 */
export const bagNe = opposite('all')

/**
 * `set_has`: these rows are among them.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.setHas(['otter'])
 */
export const setHas = claim('', ({ missing }) => ({ extra: [], missing }))

/**
 * `bag_has`: these rows are among them, at least as often.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.bagHas(['otter', 'otter'])
 */
export const bagHas = claim('all', ({ missing }) => ({ extra: [], missing }))

/**
 * `set_hasnt`: none of these rows is among them.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.setHasnt(['shark'])
 */
export const setHasnt = claim('', ({ shared }) => ({ extra: shared, missing: [] }))

/**
 * `bag_hasnt`: none of these rows is among them.
 *
 * @example
 * await as(owner)`select species from zoo.animals`.bagHasnt(['shark'])
 */
export const bagHasnt = claim('all', ({ shared }) => ({ extra: shared, missing: [] }))

/** In which rows two answers differ, and which they share, each row in a line. */
interface Comparison {
  readonly extra: readonly string[]
  readonly missing: readonly string[]
  readonly shared: readonly string[]
}

type Often = '' | 'all'
type Claim = (session: Session, query: Query, wanted: Wanted, description?: string) => Promise<Verdict>

/** A claim that complains of some of the rows. */
function claim(often: Often, complaint: (comparison: Comparison) => Omit<Comparison, 'shared'>): Claim {
  return async (session, query, wanted, description = '') => {
    const compared = await compare(session, query, wanted, often)
    if (typeof compared === 'string') return verdict(false, description, compared)
    const { extra, missing } = complaint(compared)
    return verdict(
      extra.length + missing.length === 0,
      description,
      [...listed('Extra records', extra), ...listed('Missing records', missing)].join('\n'),
      extraMissing(extra, missing),
    )
  }
}

function opposite(often: Often): Claim {
  return async (session, query, wanted, description = '') => {
    const compared = await compare(session, query, wanted, often)
    if (typeof compared === 'string') return verdict(false, description, compared)
    return verdict(compared.extra.length + compared.missing.length > 0, description)
  }
}

/** Compares, or says in words why it cannot be done. */
async function compare(
  session: Session,
  query: Query,
  wanted: Wanted,
  often: Often,
): Promise<Comparison | string> {
  const answer = await ask(session, query)
  if (isQuery(wanted)) return byTheServer(session, answer, await ask(session, wanted), often)
  const { have, want } = await rowsOf(session, answer, wanted)
  const lines = new Map([...have, ...want].map((cells) => [key(cells), line(cells)]))
  const [mine, theirs] = [have, want].map((rows) =>
    often === 'all' ? rows.map(key) : [...new Set(rows.map(key))],
  )
  const worded = (keys: readonly string[]) => keys.map((one) => lines.get(one) ?? '')
  const extra = without(mine ?? [], theirs ?? [])
  return {
    extra: worded(extra),
    missing: worded(without(theirs ?? [], mine ?? [])),
    shared: worded(without(mine ?? [], extra)),
  }
}

/** Compares two answers as the server does, by the types of their columns. */
async function byTheServer(
  session: Session,
  have: Answer,
  want: Answer,
  often: Often,
): Promise<Comparison | string> {
  if (have.columns.length !== want.columns.length || have.columns.length === 0)
    return columnsDiffer(session, have, want)
  const { have: mine, want: theirs, values } = await relations(session, have, want)
  const rows = (kind: string, text: string) => `select '${kind}', r::text from (${text}) as r`
  const { answer, error } = await attempt(session, {
    text: [
      rows('extra', `${mine} except ${often} ${theirs}`),
      rows('missing', `${theirs} except ${often} ${mine}`),
      rows('shared', `${theirs} intersect ${often} ${mine}`),
    ].join(' union all '),
    values,
  })
  if (answer) {
    const those = (kind: string) =>
      answer.rows.filter(([found]) => found === kind).map(([, row]) => row ?? '')
    return { extra: those('extra'), missing: those('missing'), shared: those('shared') }
  }
  // A mismatch of types: what the server says of columns that differ.
  if (error.code === '42804') return columnsDiffer(session, have, want)
  throw error
}

async function columnsDiffer(session: Session, have: Answer, want: Answer): Promise<string> {
  const types = async ({ columns }: Answer) => (await typeNames(session, columns)).join(',')
  return `    Columns differ between queries:\n        have: (${await types(have)})\n        want: (${await types(want)})`
}

/** What is in `items` and not in `others`, each occurrence counted. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1)
  return items.filter((item) => {
    const times = left.get(item) ?? 0
    left.set(item, times - 1)
    return times <= 0
  })
}
