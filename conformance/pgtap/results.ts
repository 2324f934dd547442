/** Claims on the rows of an answer, in their order: `results_eq`, `results_ne`, `row_eq`, `is_empty`, `isnt_empty`. */
import type { Answer, Session } from '../engines/index.ts'
import { ask, type Query } from './query.ts'
import { equalValues, recordText, typeNames } from './record.ts'
import { asEvidence, type Evidence, haveWant, listed, type Verdict, verdict } from './verdict.ts'
import { differingColumns, isQuery, key, line, rowsOf, type Wanted, type WantedRow } from './wanted.ts'

/**
 * `results_eq`: the same rows in the same order. Compared with rows of the spec's by their text; with those of another
 * statement by their types, as the server compares them.
 *
 * @example
 * await as(owner)`select name from zoo.keepers order by id`.resultsEq([{ name: 'Anna' }, { name: 'Bert' }])
 */
export async function resultsEq(
  session: Session,
  query: Query,
  wanted: Wanted,
  description = '',
): Promise<Verdict> {
  const answer = await ask(session, query)
  if (!isQuery(wanted)) return sameRows(session, answer, wanted, description)
  const difference = await firstDifference(session, answer, await ask(session, wanted))
  return verdict(difference === undefined, description, difference?.words, difference?.evidence)
}

/**
 * `results_ne`: not the same rows in the same order.
 *
 * @example
 * await as(owner)`select name from zoo.keepers order by id`.resultsNe([{ name: 'Bert' }, { name: 'Anna' }])
 */
export async function resultsNe(
  session: Session,
  query: Query,
  wanted: Wanted,
  description = '',
): Promise<Verdict> {
  const answer = await ask(session, query)
  if (!isQuery(wanted)) return verdict(!(await sameRows(session, answer, wanted, '')).ok, description)
  const difference = await firstDifference(session, answer, await ask(session, wanted))
  // Rows that cannot be compared are neither the same nor others.
  return verdict(difference?.comparable === true, description, difference?.words)
}

/**
 * `row_eq`: the first row is this one.
 *
 * @example
 * await as(owner)`select id, name from zoo.keepers order by id`.rowEq({ id: 1, name: 'Anna' })
 */
export async function rowEq(
  session: Session,
  query: Query,
  wanted: WantedRow | Query,
  description = '',
): Promise<Verdict> {
  const { columns, rows } = await ask(session, query)
  const answer = { columns, rows: rows.slice(0, 1) }
  if (!isStatement(wanted)) return sameRows(session, answer, [wanted], description)
  const want = await ask(session, wanted)
  const difference = await firstDifference(session, answer, want)
  return verdict(difference === undefined, description, haveWant(recordOf(answer, 0), recordOf(want, 0)))
}

/**
 * `is_empty`: there is no row.
 *
 * @example
 * await as(owner)`select from zoo.keepers where name = 'Nobody'`.isEmpty()
 */
export async function isEmpty(session: Session, query: Query, description = ''): Promise<Verdict> {
  const { rows } = await ask(session, query)
  return verdict(
    rows.length === 0,
    description,
    listed('Unexpected records', rows.map(recordText)).join('\n'),
    { extra: rows.map(recordText) },
  )
}

/**
 * `isnt_empty`: there is a row.
 *
 * @example
 * await as(owner)`select from zoo.keepers`.isntEmpty()
 */
export async function isntEmpty(session: Session, query: Query, description = ''): Promise<Verdict> {
  return verdict((await ask(session, query)).rows.length > 0, description)
}

function isStatement(wanted: WantedRow | Query): wanted is Query {
  return typeof wanted === 'string' || ('text' in wanted && Array.isArray(wanted['values']))
}

/** Rows against those that a spec has written: by the names and the text of their columns. */
async function sameRows(
  session: Session,
  answer: Answer,
  wanted: Exclude<Wanted, Query>,
  description: string,
): Promise<Verdict> {
  const { have, want } = await rowsOf(session, answer, wanted)
  const at = Array.from({ length: Math.max(have.length, want.length) }).findIndex(
    (_, i) => (have[i] && key(have[i])) !== (want[i] && key(want[i])),
  )
  if (at < 0) return verdict(true, description)
  const [one, other] = [have[at], want[at]]
  const columns = one && other ? differingColumns(one, other) : []
  const rows = haveWant(one ? line(one) : null, other ? line(other) : null)
  const counts = have.length === want.length ? [] : [`        ${have.length} rows, want ${want.length}`]
  return verdict(
    false,
    description,
    [`    Results differ beginning at row ${at + 1}:`, rows, ...columns, ...counts].join('\n'),
    { have: have.map(line).join('\n'), want: want.map(line).join('\n') },
  )
}

/** How two answers differ; `comparable` is false when their columns or the types of these do. */
interface Difference {
  readonly comparable: boolean
  readonly words: string
  readonly evidence: Evidence
}

/** The first difference of two answers, as a record comparison of the server's finds it; undefined when there is none. */
async function firstDifference(
  session: Session,
  have: Answer,
  want: Answer,
): Promise<Difference | undefined> {
  for (let i = 0; i < Math.max(have.rows.length, want.rows.length); i += 1) {
    const records = [recordOf(have, i), recordOf(want, i)] as const
    const both = haveWant(...records)
    const evidence = asEvidence(...records)
    const row = {
      comparable: true,
      evidence,
      words: `    Results differ beginning at row ${i + 1}:\n${both}`,
    }
    const problem = await compareRow(session, have, want, i)
    if (problem === 'same' && have.rows[i] && want.rows[i]) continue
    if (problem === 'same' || problem === 'other') return row
    const alike = recordOf(have, i) === recordOf(want, i)
    const words = `    Number of columns or their types differ between the queries${alike ? '' : `:\n${both}`}`
    return { comparable: false, evidence, words: `${words}\n        ERROR: ${problem}` }
  }
  return undefined
}

/**
 * Column by column, like the server: `same`, `other`, or in its words why the rows cannot be compared. A row that is not there is
 * to the server one of NULLs.
 */
async function compareRow(session: Session, have: Answer, want: Answer, at: number): Promise<string> {
  const shared = Math.min(have.columns.length, want.columns.length)
  for (let i = 0; i < shared; i += 1) {
    const [mine, theirs] = [have.columns[i], want.columns[i]]
    if (!mine || !theirs) break
    if (mine.type !== theirs.type) {
      const [one, other] = await typeNames(session, [mine, theirs])
      return `cannot compare dissimilar column types ${one} and ${other} at record column ${i + 1}`
    }
    const same = await equalValues(session, mine, have.rows[at]?.[i] ?? null, want.rows[at]?.[i] ?? null)
    if (!same) return 'other'
  }
  return have.columns.length === want.columns.length
    ? 'same'
    : 'cannot compare record types with different numbers of columns'
}

function recordOf({ rows }: Answer, at: number): string | null {
  const row = rows[at]
  return row ? recordText(row) : null
}
