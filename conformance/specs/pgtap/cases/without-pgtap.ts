/** How claims that pgTAP lacks are tried: each where it holds and where it does not. */
import type { catalog, Verdict } from '../../../pgtap/index.ts'

/** A claim, made at the zoo. */
export type Claim = (zoo: Parameters<typeof catalog.hasTable>[0]) => Promise<Verdict>

/** A claim that holds, and what it says it claims. */
export type Kept = readonly [description: string, claim: Claim]

/** A claim that does not hold, and the words that say why not; none where the description says it all. */
export type Broken = readonly [diagnostics: string, claim: Claim]

/** The words under a difference. */
export function differs(have: string, want: string): string {
  return `        have: ${have}\n        want: ${want}`
}
