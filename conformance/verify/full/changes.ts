/** Where a freshly migrated database differs from what this checkout has recorded. */
import { migrations, type Session, versionOf } from '../../engines/index.ts'
import {
  type DatedFact,
  differencesOf,
  type Fact,
  factsAt,
  history,
  priceFacts,
  schemaFacts,
} from '../../fingerprint/index.ts'
import type { Trouble } from './check.ts'
import { schemaFindings } from './schema.ts'
import { nameOf } from './wording.ts'

/**
 * One trouble for each object or price that is not as `supabase/schema.facts.jsonl` has it after the last migration. Reads
 * only. Empty where nothing differs.
 */
export async function schemaChanges(session: Session): Promise<readonly Trouble[]> {
  const past = history()
  const last = past.reduce((latest, { since }) => (since > latest ? since : latest), '')
  const name = migrations().find((file) => versionOf(file) === last)?.name ?? `${last}_recorded.sql`
  const changed = schemaFindings(await schemaFacts(session), past, {
    file: { name, sql: '' },
    halfWay: undefined,
  })
  return [...(changed.broken ?? []), ...changedPrices(await priceFacts(session), factsAt(past, last))]
}

function changedPrices(have: readonly Fact[], want: readonly DatedFact[]): Trouble[] {
  const prices = want.filter(({ object }) => object.startsWith('price '))
  return differencesOf(have, prices).map((change) => ({
    objects: [nameOf(change.object)],
    have: `${change.fact}: ${change.have ?? 'none'}`,
    want: `${change.fact}: ${change.want ?? 'none'}`,
  }))
}
