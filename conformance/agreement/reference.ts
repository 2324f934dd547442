import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Answer } from './answer.ts'

/** What Supabase runs, so what the others are compared with. */
export const REFERENCE_ENGINE = 'embedded-17'

const file = fileURLToPath(new URL('./reference.json', import.meta.url))
const Reference = z.record(z.string(), z.array(z.string()))

/** What the engine of reference answered, by the name of the probe. Throws when the file cannot be read. */
export function readReference(): Readonly<Record<string, Answer>> {
  return Reference.parse(JSON.parse(readFileSync(file, 'utf8')))
}

/** Makes these the answers that all engines are compared with. */
export function writeReference(answers: Readonly<Record<string, Answer>>): void {
  writeFileSync(file, `${JSON.stringify(answers, null, 2)}\n`)
}
