/** Faults that change nothing anybody could notice: each with its reason, in a file that is checked. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const Explained = z.array(
  z.strictObject({
    id: z.string().regex(/^[0-9a-f]{10}$/),
    object: z.string(),
    kind: z.string(),
    reason: z.string().min(20),
  }),
)

/** Where the reasons for our own migrations stand. */
export const EXPLAINED_FILE = fileURLToPath(new URL('../../fixtures/mutants-explained.json', import.meta.url))

/** The reasons by the faults' ids. */
export function explainedIn(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map()
  return new Map(
    Explained.parse(JSON.parse(readFileSync(file, 'utf8'))).map(({ id, reason }) => [id, reason]),
  )
}
