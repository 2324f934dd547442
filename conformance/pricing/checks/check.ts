import type { Disagreement } from '../believed.ts'
import type { Change } from '../compare.ts'
import type { Known } from '../known.ts'
import type { Pinned } from '../pins.ts'
import type { Price } from '../price.ts'

/** What is judged. */
export interface Proposal {
  readonly known: Known
  readonly changes: readonly Change[]
  /** Keys that a complete list no longer names. */
  readonly missing: readonly string[]
  readonly disagreements: readonly Disagreement[]
  readonly pinned: readonly Pinned[]
  /** Every price that the lists name, also those that are not put forward. */
  readonly named: readonly Price[]
  readonly today: string
}

/** What a check noticed. */
export interface Breach {
  /** What it is about: a price, or a provider. With the check's id it is the key that `--accept` takes. */
  readonly about: string
  readonly have: string
  readonly want?: string
  readonly reason: string
}

/** A mistake that price lists really had, and how it shows. */
export interface Check {
  readonly id: string
  /** What holds where nothing is noticed. */
  readonly title: string
  /**
   * `unsafe`: stops a migration until somebody says why it is right. `never`: stops it for good. `warning`: is told.
   */
  readonly weight: 'unsafe' | 'never' | 'warning'
  /** What to do. */
  readonly hint: string
  notice(proposal: Proposal): Breach[]
}

/** The changes that are put forward and change something. */
export function proposed({ changes }: Proposal): Change[] {
  return changes.filter(({ isProposed, kind }) => isProposed && kind !== 'same')
}

/** One breach a price, of all its fields that a condition holds for. */
export function perPrice(
  proposal: Proposal,
  reason: string,
  notice: (change: Change) => readonly string[],
): Breach[] {
  return proposed(proposal).flatMap((change) => {
    const found = notice(change)
    return found.length === 0 ? [] : [{ about: change.key, have: found.join('\n'), reason }]
  })
}
