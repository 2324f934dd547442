import { type Answer, WEDGED } from './answer.ts'
import type { Where } from './where-is.ts'

/** Why an engine answers a probe otherwise than the reference, and how. */
export interface Explanation {
  readonly probe: string
  readonly applies: (where: Where) => boolean
  readonly answer: Answer
  readonly reason: string
}

const onPGlite = ({ engine }: Where) => engine === 'pglite'
const sortedByIcu = ({ sortedBy }: Where) => sortedBy === 'icu'
const ICU = 'Supabase sorts by ICU’s American English: letters before their case, accents with their letter.'

/** Every difference that is known. One that no longer shows fails, as does one that is not here. */
export const explanations: readonly Explanation[] = [
  {
    probe: 'the order of text in the database',
    applies: sortedByIcu,
    reason: ICU,
    answer: ['columns: string_agg text', 'row: _ 1 a ä B Z'],
  },
  {
    probe: 'comparing text in the database',
    applies: sortedByIcu,
    reason: ICU,
    answer: ['columns: folded boolean, longer boolean, same boolean', 'row: t | t | f'],
  },
  {
    probe: 'upper case beyond ASCII',
    applies: sortedByIcu,
    reason: 'ICU makes two letters of a sharp s, as German does.',
    answer: ['columns: upper text, lower text, initcap text', 'row: STRASSE ÄÖÜ | äöü | Éa'],
  },
  {
    probe: 'the encoding and the locale',
    applies: sortedByIcu,
    reason: ICU,
    answer: [
      'columns: pg_encoding_to_char name, datcollate text, datctype text, datlocprovider "char"',
      'row: UTF8 | C.UTF-8 | C.UTF-8 | i',
    ],
  },
  {
    probe: 'the kinds of constraints',
    applies: ({ major }) => major >= 18,
    reason: 'From PostgreSQL 18 on, NOT NULL is a constraint with a row in pg_constraint.',
    answer: [
      'columns: contype "char", count bigint',
      ...['c | 2', 'f | 1', 'n | 2', 'p | 1', 'u | 1', 'x | 1'].map((row) => `row: ${row}`),
    ],
  },
  {
    probe: 'upper case beyond ASCII',
    applies: onPGlite,
    reason: 'PGlite has the C library of WebAssembly, which knows an upper-case sharp s.',
    answer: ['columns: upper text, lower text, initcap text', 'row: STRAẞE ÄÖÜ | äöü | Éa'],
  },
  {
    probe: 'the encoding and the locale',
    applies: onPGlite,
    reason: 'PGlite sorts byte by byte (collation C), as C.UTF-8 does.',
    answer: [
      'columns: pg_encoding_to_char name, datcollate text, datctype text, datlocprovider "char"',
      'row: UTF8 | C | C.UTF-8 | c',
    ],
  },
  {
    probe: 'a nondeterministic collation',
    applies: onPGlite,
    reason: 'PGlite has ICU without its data: every locale compares as the root does, letter by letter.',
    answer: ['columns: same boolean', 'row: f'],
  },
  {
    probe: 'a nap that takes too long',
    applies: onPGlite,
    reason: 'PGlite does not enforce statement_timeout: nothing interrupts WebAssembly.',
    answer: ['columns: pg_sleep void', 'row: '],
  },
  {
    probe: 'a day in no known order',
    applies: ({ major }) => major >= 18,
    reason: 'From PostgreSQL 18 on, the hint names the setting as it is written: DateStyle.',
    answer: [
      'refused: 22008 date/time field value out of range: "13/14/2026"',
      'hint: Perhaps you need a different "DateStyle" setting.',
    ],
  },
  {
    probe: 'postgres may not make a superuser',
    applies: ({ major }) => major <= 15,
    reason: 'Up to PostgreSQL 15, a refused CREATE ROLE says so in one line without DETAIL.',
    answer: ['refused: 42501 must be superuser to create superusers'],
  },
  {
    probe: 'postgres may not run a program',
    applies: ({ major }) => major <= 15,
    reason: 'Up to PostgreSQL 15, what COPY lacks stands in the message, later in DETAIL.',
    answer: [
      'refused: 42501 must be superuser or have privileges of the pg_execute_server_program role to COPY to or from an external program',
      "hint: Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
    ],
  },
  {
    probe: 'who may use it, as it is written',
    applies: ({ major }) => major <= 16,
    reason: 'PostgreSQL 17 brought the privilege MAINTAIN.',
    answer: [
      'columns: relacl aclitem[], of_kind aclitem[]',
      'row: {postgres=arwdDxt/postgres,authenticated=a/postgres} | {authenticated=r/postgres}',
    ],
  },
  {
    probe: 'a view as it is printed',
    applies: ({ major }) => major <= 15,
    reason: 'PostgreSQL 15 prints the table before every column of a view, later majors only where needed.',
    answer: ['columns: pg_get_viewdef text', 'row:  SELECT t.v\n   FROM t\n  WHERE t.v > 0;'],
  },
  {
    probe: 'what a new table in public lets the API do',
    applies: ({ regime }) => regime === 'open',
    reason: 'In projects from before 2026-05-30, the API roles get everything that is created in public.',
    answer: [
      'columns: role text, select boolean, truncate boolean',
      ...['anon', 'authenticated', 'service_role'].map((role) => `row: ${role} | t | t`),
    ],
  },
  {
    probe: 'a policy whose function asks its own table',
    applies: onPGlite,
    reason:
      'PGlite runs out of stack without saying so, and its session is broken afterwards: hence the canary.',
    answer: WEDGED,
  },
  {
    probe: 'a statement that takes too long',
    applies: onPGlite,
    reason: 'PGlite does not enforce statement_timeout: nothing interrupts WebAssembly.',
    answer: ['columns: count bigint', 'row: 1000000'],
  },
]
