/** What came of a test, from what the runner has to say about it. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { failed, type Judgement } from '../report/index.ts'
import { type RanError, specFolder } from '../runner/index.ts'
import { shortened, shortText } from './shortened.ts'

/** What a test throws when nothing was found out about the product: the engine is at fault, or cannot be reached. */
const NOT_THE_PRODUCT = ['ENGINE_WEDGED', 'Unavailable']

/** What a claim of ours leaves in an error besides its words. */
const Evidence = z
  .object({
    have: z.string().exactOptional(),
    want: z.string().exactOptional(),
    extra: z.array(z.string()).exactOptional(),
    missing: z.array(z.string()).exactOptional(),
  })
  .optional()

/** Of what is told in words. */
const MOST_LINES = 12

/** `fast-check` advises to print what the report has no room for. */
const VERBOSE_HINT = /\n+Hint: Enable verbose mode .*$/

const specs = fileURLToPath(specFolder)

/** Broken, with have and want as fields where the claim gave them; or no answer, when the engine was at fault. */
export function brokenBy(errors: readonly RanError[]): Judgement {
  const told = errors.flatMap(withCauses)
  const words = [...new Set(told.map(inWords))]
  const reason = shortText(words.join('\n') || 'It failed without a word.', MOST_LINES)
  const engineIsAtFault =
    errors.length > 0 && errors.every(({ name }) => NOT_THE_PRODUCT.includes(name ?? ''))
  if (engineIsAtFault) return { outcome: 'error', reason }
  const evidence = told.map(evidenceOf).find((one) => one !== undefined)
  const at = told.map(placeOf).find((place) => place !== undefined)
  return failed({ ...(at === undefined ? {} : { at }), ...shortened(evidence ?? {}), reason })
}

/** The objects of the product that a failure speaks of. */
export function objectsIn(errors: readonly RanError[]): { objects?: string[] } {
  const text = errors
    .flatMap(withCauses)
    .map(({ message }) => message)
    .join('\n')
  const objects = [...new Set(text.match(/\bcopilot_internal\.\w+/g) ?? [])].sort()
  return objects.length === 0 ? {} : { objects }
}

/** From a reason as engines give it: `not applicable: …` or `not run: …`. */
export function untold(note: string): Judgement {
  return { outcome: 'skipped', reason: /^not (applicable|run): /.test(note) ? note : `not run: ${note}` }
}

/** An error and what it was thrown for: a property says what it tried, and its cause what was found then. */
function withCauses(error: RanError): RanError[] {
  return error.cause === undefined ? [error] : [error, ...withCauses(error.cause)]
}

/** A claim of ours says in its first line what is not so; the rest stands in the evidence. */
function inWords({ message, evidence, about }: RanError): string {
  const words = stripVTControlCharacters(message).replace(VERBOSE_HINT, '')
  return evidence === undefined ? words : [words.split('\n', 1)[0], about].filter(Boolean).join('\n')
}

/** The line of the spec in which it went wrong, not that of whoever noticed. */
function placeOf({ stacks = [] }: RanError): string | undefined {
  const frame = stacks.find(({ file }) => file.endsWith('.spec.ts'))
  return frame && `${relative(specs, frame.file)}:${frame.line}`
}

/** `expect` gives both sides as text. */
function evidenceOf({ evidence, actual, expected }: RanError) {
  if (evidence !== undefined) return Evidence.parse(evidence)
  if (actual === undefined || expected === undefined) return undefined
  return { have: stripVTControlCharacters(actual), want: stripVTControlCharacters(expected) }
}
