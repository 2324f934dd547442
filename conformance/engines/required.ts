import type { EngineKind } from './engine.ts'

/** Programs that specs use where they are installed. */
const TOOLS = ['psql', 'pg_prove', 'prove', 'chromium'] as const
export type Tool = (typeof TOOLS)[number]

/**
 * What `CONFORMANCE_REQUIRE` names: engines and programs that may not be left out. Throws when a word of it is neither, since
 * what is misspelled would be left out silently.
 */
export function requiredAmong(engines: readonly EngineKind[]): readonly string[] {
  const words = (process.env['CONFORMANCE_REQUIRE'] ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const known = [...engines.map(({ name }) => name), ...TOOLS]
  const unknown = words.filter((word) => !known.includes(word))
  if (unknown.length === 0) return words
  throw new Error(`CONFORMANCE_REQUIRE names ${unknown.join(', ')}; known are ${known.join(', ')}.`)
}
