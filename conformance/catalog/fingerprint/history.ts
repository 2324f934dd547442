/**
 * What the migrations add up to after each of them: `supabase/schema.facts.jsonl`, a fact a line. A database may be at any
 * of these versions, and a difference can only be told by who knows both sides.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Migration, type Session, versionOf } from '../../engines/index.ts'
import { type Fact, priceFacts, schemaFacts } from './fingerprint.ts'

/** The file's place in `supabase/`. */
export const HISTORY_FILE = 'schema.facts.jsonl'

const version = z.string().regex(/^\d{14}$/)
const Dated = z.strictObject({
  object: z.string(),
  fact: z.string(),
  value: z.string().nullable(),
  since: version,
  until: version.optional(),
})

/** A fact that is so from the migration `since` on, until just before the migration `until`. */
export type DatedFact = Readonly<z.infer<typeof Dated>>

/** Applies migrations to a platform, one after the other, and answers what was so after each. */
export async function recordHistory(session: Session, files: readonly Migration[]): Promise<DatedFact[]> {
  const states: (readonly [since: string, facts: readonly Fact[]])[] = []
  for (const file of files) {
    await session.run(file.sql)
    states.push([versionOf(file), [...(await schemaFacts(session)), ...(await priceFacts(session))]])
  }
  return dated(states)
}

/** States that follow one another, told once: each fact with when it came and when it went. */
export function dated(states: readonly (readonly [since: string, facts: readonly Fact[]])[]): DatedFact[] {
  const closed: DatedFact[] = []
  let open = new Map<string, DatedFact>()
  for (const [now, facts] of states) {
    const next = new Map<string, DatedFact>()
    for (const { object, fact, value } of facts) {
      const key = keyOf({ object, fact, value })
      next.set(key, open.get(key) ?? { object, fact, value, since: now })
    }
    for (const [key, old] of open) if (!next.has(key)) closed.push({ ...old, until: now })
    open = next
  }
  return [...closed, ...open.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

/** The lines of the file. */
export function historyText(history: readonly DatedFact[]): string {
  return history.map((fact) => `${JSON.stringify(fact)}\n`).join('')
}

/** What {@link historyText} was made from. Throws when a line is none. */
export function parseHistory(text: string): DatedFact[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Dated.parse(JSON.parse(line)))
}

/** The history of this checkout, as it is kept. */
export function history(): DatedFact[] {
  return parseHistory(readFileSync(new URL(`../../../supabase/${HISTORY_FILE}`, import.meta.url), 'utf8'))
}

/** What of a history is so right after one of its migrations. */
export function factsAt(history: readonly DatedFact[], at: string): DatedFact[] {
  return history.filter(({ since, until }) => since <= at && (until === undefined || at < until))
}

function keyOf({ object, fact, value }: Fact): string {
  return JSON.stringify([object, fact, value])
}

function sortKey({ object, fact, since }: DatedFact): string {
  return `${object}\0${fact}\0${since}`
}
