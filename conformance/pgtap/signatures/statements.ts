import { quoted } from '../name.ts'
import type { Query } from '../query.ts'
import * as claims from '../statements.ts'
import type { Wanted } from '../wanted.ts'
import { overloads, type PgtapArgument } from './overloads.ts'
import { typedOf } from './typed-of.ts'

/** pgTAP takes a word for the name of a prepared statement. */
function statement(sql: string): string {
  return sql.startsWith('"') || !/\s/.test(sql) ? `execute ${sql}` : sql
}

const rowsOfCursor = (cursor: string) => `fetch all from ${quoted(cursor)}`

/** An array stands for the rows of one column. */
function elements(array: PgtapArgument): Query {
  const { type, value } = typedOf(array)
  return { text: `select unnest($1::${type})`, values: [value] }
}

type OnRows = (
  session: Parameters<typeof claims.setEq>[0],
  query: Query,
  wanted: Wanted,
  description?: string,
) => ReturnType<typeof claims.setEq>

const bySql = (claim: OnRows) =>
  overloads('have:text want:text [description:text]', (session, { have, want, description }) =>
    claim(session, statement(have), statement(want), description),
  )

const byArray = (claim: OnRows) =>
  overloads('have:text want:any[] [description:text]', (session, { have, want, description }) =>
    claim(session, statement(have), elements(want), description),
  )

const byCursor = (claim: OnRows) => [
  ...overloads('have:refcursor want:refcursor [description:text]', (session, { have, want, description }) =>
    claim(session, rowsOfCursor(have), rowsOfCursor(want), description),
  ),
  ...overloads('have:text want:refcursor [description:text]', (session, { have, want, description }) =>
    claim(session, statement(have), rowsOfCursor(want), description),
  ),
  ...overloads('have:refcursor want:text [description:text]', (session, { have, want, description }) =>
    claim(session, rowsOfCursor(have), statement(want), description),
  ),
  ...overloads('have:refcursor want:any[] [description:text]', (session, { have, want, description }) =>
    claim(session, rowsOfCursor(have), elements(want), description),
  ),
]

const sets = (claim: OnRows) => [...bySql(claim), ...byArray(claim)]
const results = (claim: OnRows) => [...sets(claim), ...byCursor(claim)]

const onMessage = (claim: typeof claims.throwsLike) =>
  overloads('sql:text pattern:text [description:text]', (session, { sql, pattern, description }) =>
    claim(session, statement(sql), pattern, description),
  )

const isCode = (words: string | null) => words !== null && Buffer.byteLength(words) === 5

export const statements = {
  throws_ok: [
    ...overloads('sql:text code:character? message:text? description:text?', (session, a) =>
      claims.throwsOk(session, statement(a.sql), a.code, a.message ?? {}, a.description ?? undefined),
    ),
    // Five characters are a SQLSTATE, anything else is a message.
    ...overloads('sql:text words:text? other:text?', (session, { sql, words, other }) =>
      isCode(words)
        ? claims.throwsOk(session, statement(sql), words, other ?? {})
        : claims.throwsOk(session, statement(sql), null, words ?? {}, other ?? undefined),
    ),
    ...overloads('sql:text [words:text?]', (session, { sql, words = null }) =>
      isCode(words)
        ? claims.throwsOk(session, statement(sql), words)
        : claims.throwsOk(session, statement(sql), null, words ?? {}),
    ),
    ...overloads('sql:text code:integer? message:text? description:text?', (session, a) =>
      claims.throwsOk(session, statement(a.sql), a.code, a.message ?? {}, a.description ?? undefined),
    ),
    ...overloads('sql:text code:integer? [message:text?]', (session, { sql, code, message }) =>
      claims.throwsOk(session, statement(sql), code, message ?? {}),
    ),
  ],
  throws_like: onMessage(claims.throwsLike),
  throws_ilike: onMessage(claims.throwsIlike),
  throws_matching: onMessage(claims.throwsMatching),
  throws_imatching: onMessage(claims.throwsImatching),
  lives_ok: overloads('sql:text [description:text]', (session, { sql, description }) =>
    claims.livesOk(session, statement(sql), description),
  ),
  performs_ok: overloads(
    'sql:text maxMs:numeric [description:text]',
    (session, { sql, maxMs, description }) =>
      claims.performsOk(session, statement(sql), Number(maxMs), description),
  ),
  performs_within: overloads(
    'sql:text averageMs:numeric withinMs:numeric [iterations:integer] [description:text]',
    (session, { sql, averageMs, withinMs, iterations, description }) =>
      claims.performsWithin(
        session,
        statement(sql),
        Number(averageMs),
        Number(withinMs),
        iterations === undefined ? undefined : Number(iterations),
        description,
      ),
  ),
  results_eq: results(claims.resultsEq),
  results_ne: results(claims.resultsNe),
  set_eq: sets(claims.setEq),
  set_ne: sets(claims.setNe),
  set_has: bySql(claims.setHas),
  set_hasnt: bySql(claims.setHasnt),
  bag_eq: sets(claims.bagEq),
  bag_ne: sets(claims.bagNe),
  bag_has: bySql(claims.bagHas),
  bag_hasnt: bySql(claims.bagHasnt),
  is_empty: overloads('sql:text [description:text]', (session, { sql, description }) =>
    claims.isEmpty(session, statement(sql), description),
  ),
  isnt_empty: overloads('sql:text [description:text]', (session, { sql, description }) =>
    claims.isntEmpty(session, statement(sql), description),
  ),
  row_eq: overloads('sql:text row:any [description:text]', (session, { sql, row, description }) => {
    const { type, value } = typedOf(row)
    return claims.rowEq(
      session,
      statement(sql),
      { text: `select ($1::${type}).*`, values: [value] },
      description,
    )
  }),
}
