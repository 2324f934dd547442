/** Where a freshly migrated database differs from what this checkout has recorded. */

import {
  type DatedFact,
  differencesOf,
  type Fact,
  factsAt,
  history,
  priceFacts,
  schemaFacts,
} from '../../catalog/index.ts'
import { migrations, type Session, versionOf } from '../../engines/index.ts'
import type { Trouble } from './check.ts'
import { schemaFindings } from './schema.ts'
import { nameOf } from './wording.ts'

/**
 * One trouble for each object or price that is not as `supabase/schema.facts.jsonl` has it after the last migration. Reads
 * only. Empty where nothing differs.
 */
export async function schemaChanges(session: Session): Promise<readonly Trouble[]> {
  const past = history()
  const have = [...(await schemaFacts(session)), ...(await priceFacts(session))]
  return [...filesMissing(past), ...changesFrom(past, have)]
}

/** A recorded migration without a file has made nothing. */
function filesMissing(past: readonly DatedFact[]): Trouble[] {
  const there = new Set(migrations().map(versionOf))
  const recorded = new Set(past.map(({ since }) => since))
  return [...recorded]
    .filter((version) => !there.has(version))
    .sort()
    .map((version) => ({
      objects: [`migration ${version}`],
      have: 'no file in supabase/migrations',
      want: 'its file',
    }))
}

/** One trouble for each object or price that is not as the last state of a history has it. */
export function changesFrom(past: readonly DatedFact[], have: readonly Fact[]): readonly Trouble[] {
  const last = past.reduce((latest, { since }) => (since > latest ? since : latest), '')
  const file = { name: `${last}_last.sql`, sql: '' }
  const isPrice = ({ object }: Fact) => object.startsWith('price ')
  const { broken = [] } = schemaFindings(
    have.filter((fact) => !isPrice(fact)),
    past,
    { file, halfWay: undefined },
  )
  return [...broken, ...changedPrices(have.filter(isPrice), factsAt(past, last).filter(isPrice))]
}

function changedPrices(have: readonly Fact[], want: readonly DatedFact[]): Trouble[] {
  return differencesOf(have, want).map((change) => ({
    objects: [nameOf(change.object)],
    have: `${change.fact}: ${change.have ?? 'none'}`,
    want: `${change.fact}: ${change.want ?? 'none'}`,
  }))
}
