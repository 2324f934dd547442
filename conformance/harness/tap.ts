import type { Session } from '../engines/index.ts'
import { catalog, lookingUp, type Verdict } from '../pgtap/index.ts'
import { CallSite } from './call-site.ts'
import { Claim } from './claim.ts'
import type { Ledger } from './ledger.ts'

type Assertions = typeof catalog

/** The claims on the catalog, bound to a test's session. */
export type Tap = {
  readonly [Name in keyof Assertions]: Assertions[Name] extends (
    session: Session,
    ...rest: infer Rest
  ) => Promise<Verdict>
    ? (...rest: Rest) => Claim
    : never
}

/** Binds every claim on the catalog to this session, noted in this ledger. */
export function tapOf(session: Session, ledger: Ledger): Tap {
  const bound = Object.entries(catalog).map(([name, assertion]) => [
    name,
    function claim(...rest: unknown[]) {
      const place = new CallSite(claim)
      const about = `    ${name}(${rest.map((argument) => JSON.stringify(argument)).join(', ')})`
      // The mapped type above holds the arguments to the assertion's own.
      const judge = assertion as (session: Session, ...rest: unknown[]) => Promise<Verdict>
      return new Claim(ledger, about, place, async () =>
        ledger.check(await judge(lookingUp(session), ...rest), about, place),
      )
    },
  ])
  return Object.fromEntries(bound)
}
