import type { Change } from './compare.ts'
import { before, type Known, type Version } from './known.ts'
import { keyOf } from './price.ts'

/** What a database would know of prices when these changes were made: a price without a date begins when it was read. */
export function applied(known: Known, changes: readonly Change[]): Known {
  const versions = new Map(known.versions)
  for (const { price, kind, isProposed } of changes) {
    if (!isProposed || kind === 'same') continue
    const key = keyOf(price)
    const from = price.from ?? known.now
    const next: Version = { ...price, id: `proposed ${key}`, from }
    // One that begins at the same moment is replaced.
    const others = (versions.get(key) ?? []).filter((version) => version.from !== from)
    versions.set(
      key,
      [...others, next].sort((a, b) => (before(a.from, b.from) ? -1 : 1)),
    )
  }
  return { ...known, versions }
}
