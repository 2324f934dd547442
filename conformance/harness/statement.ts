import type { Actor } from '../../fixtures/people.ts'
import type { Session } from '../engines/index.ts'
import {
  bagEq,
  isEmpty,
  livesOk,
  type Refusal,
  resultsEq,
  setEq,
  throwsOk,
  type Verdict,
  type WantedRow,
} from '../pgtap/index.ts'
import { type Outcome, runAs } from './actor.ts'
import { Claim } from './claim.ts'
import type { Ledger } from './ledger.ts'

/** A statement that an actor is about to run. It runs when its claim is awaited. */
export interface Statement {
  /** It answers these rows, in this order. */
  resultsEq(rows: readonly WantedRow[]): Claim
  /** It answers these rows, in any order. */
  bagEq(rows: readonly WantedRow[]): Claim
  /** It answers these rows, in any order and however often. */
  setEq(rows: readonly WantedRow[]): Claim
  /** It answers no row. */
  isEmpty(): Claim
  /** It is refused with this SQLSTATE. */
  throwsOk(code: string, words?: Refusal): Claim
  /** It is not refused. */
  livesOk(): Claim
}

/** Starts a statement: as(acme)`select … ${value}`, or as(acme)('select …', [values]). Values are bound. */
export type Speak = (text: string | TemplateStringsArray, ...values: unknown[]) => Statement

/** The statements of one test: who speaks, in which session, noted in which ledger. */
export function speaker(session: Session, ledger: Ledger): (actor: Actor) => Speak {
  return (actor) =>
    (template, ...values) => {
      const text =
        typeof template === 'string' ? template : template.reduce((sql, part, i) => `${sql}$${i}${part}`)
      const about = `    ${actor.name}: ${text.trim()}`
      const statement = {}
      ledger.expects(statement, `A statement has no claim.\n${about}`)

      const claim = (judge: (outcome: Outcome) => Verdict) => {
        ledger.settles(statement)
        return new Claim(ledger, about, async () =>
          ledger.check(judge(await runAs(session, actor, text, values)), about),
        )
      }
      const onRows = (judge: (rows: NonNullable<Outcome['rows']>) => Verdict) =>
        claim(({ rows, error }) => (rows ? judge(rows) : livesOk(error)))

      return {
        resultsEq: (want) => onRows((rows) => resultsEq(rows, want)),
        bagEq: (want) => onRows((rows) => bagEq(rows, want)),
        setEq: (want) => onRows((rows) => setEq(rows, want)),
        isEmpty: () => onRows(isEmpty),
        throwsOk: (code, words) => claim(({ error }) => throwsOk(error, code, words)),
        livesOk: () => claim(({ error }) => livesOk(error)),
      }
    }
}
