import { type Answer, WEDGED } from './answer.ts'

/** Where an engine stands: what an explanation may go by. */
export interface Where {
  readonly engine: string
  /** Of the server: 15, 16, … */
  readonly major: number
}

/** Why an engine answers a probe otherwise than the reference, and how. */
export interface Explanation {
  readonly probe: string
  readonly applies: (where: Where) => boolean
  readonly answer: Answer
  readonly reason: string
}

const onPGlite = ({ engine }: Where) => engine === 'pglite'

/** Every difference that is known. One that no longer shows fails, as does one that is not here. */
export const explanations: readonly Explanation[] = [
  {
    probe: 'the kinds of constraints',
    applies: ({ major }) => major >= 18,
    reason: 'From PostgreSQL 18 on, NOT NULL is a constraint with a row in pg_constraint.',
    answer: [
      'columns: contype "char", count bigint',
      ...['c | 41', 'f | 4', 'n | 87', 'p | 9', 'u | 1', 'x | 2'].map((row) => `row: ${row}`),
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
    answer: ['columns: count bigint', 'row: 3000000'],
  },
]
