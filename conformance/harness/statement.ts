import type { Actor } from '../../fixtures/people.ts'
import { type Session, SqlError } from '../engines/index.ts'
import { died, type Query, statements, type Verdict } from '../pgtap/index.ts'
import { actingAs } from './actor.ts'
import { CallSite } from './call-site.ts'
import { Claim } from './claim.ts'
import type { Ledger } from './ledger.ts'

type Claims = typeof statements

/** A statement that an actor is about to run. It runs when its claim is awaited; see {@link statements} for the claims. */
export type Statement = {
  readonly [Name in keyof Claims]: Claims[Name] extends (
    session: Session,
    query: Query,
    ...rest: infer Rest
  ) => Promise<Verdict>
    ? (...rest: Rest) => Claim
    : never
}

/** Starts a statement: as(acme)`select … ${value}`, or as(acme)('select …', value, …). Values are bound. */
export type Speak = (text: string | TemplateStringsArray, ...values: unknown[]) => Statement

/** The statements of one test: who speaks, in which session, noted in which ledger. */
export function speaker(session: Session, ledger: Ledger): (actor: Actor) => Speak {
  return (actor) =>
    function speak(template, ...values) {
      const query =
        typeof template === 'string'
          ? { text: template, values }
          : { text: template.reduce((sql, part, i) => `${sql}$${i}${part}`), values }
      const about = `    ${actor.name}: ${query.text.trim()}`
      const unclaimed = {}
      ledger.expects(unclaimed, `A statement has no claim.\n${about}`, new CallSite(speak))

      const claims = Object.entries(statements).map(([name, assertion]) => [
        name,
        function claim(...rest: unknown[]) {
          ledger.settles(unclaimed)
          const place = new CallSite(claim)
          // The mapped type above holds the arguments to the assertion's own.
          const judge = assertion as (session: Session, query: Query, ...rest: unknown[]) => Promise<Verdict>
          return new Claim(ledger, about, place, async () =>
            ledger.check(
              await judged(session, actor, (acting) => judge(acting, query, ...rest)),
              about,
              place,
            ),
          )
        },
      ])
      return Object.fromEntries(claims)
    }
}

/** The verdict; a refusal that no claim has asked for breaks any. */
async function judged(
  session: Session,
  actor: Actor,
  judge: (session: Session) => Promise<Verdict>,
): Promise<Verdict> {
  try {
    return await actingAs(session, actor, judge)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return { ok: false, description: 'it is not refused', diagnostics: died(error) }
  }
}
