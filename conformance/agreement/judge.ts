import type { Answer } from './answer.ts'
import { explanations } from './explanations.ts'
import type { Where } from './where-is.ts'

/** How an answer stands to the reference. */
export interface Agreement {
  readonly agrees: boolean
  /** Why it differs, where that is known; what is wrong, where it does not agree. */
  readonly note?: string
}

/** Compares an answer with the reference: the same, or different for a known reason and in the known way. */
export function judge(where: Where, probe: string, answer: Answer, reference: Answer | undefined): Agreement {
  if (!reference) return { agrees: false, note: 'It has no reference: run `npm run agreement -- --write`.' }
  const known = explanations.find((entry) => entry.probe === probe && entry.applies(where))
  const same = text(answer) === text(reference)
  if (!known) return same ? { agrees: true } : { agrees: false, note: 'It differs, and no reason is known.' }
  if (same)
    return { agrees: false, note: `It no longer differs. The explanation is out of date: ${known.reason}` }
  return text(answer) === text(known.answer)
    ? { agrees: true, note: known.reason }
    : { agrees: false, note: `It differs, but not as explained: ${known.reason}` }
}

function text(answer: Answer): string {
  return answer.join('\n')
}
