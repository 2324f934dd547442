/** What a step of the gate finds, before it becomes a finding of the common model. */
import { type Finding, failed, finding, PASSED, type Report, type Section } from '../report/index.ts'

type Note = NonNullable<Report['notes']>[number]

/** Something that is wrong, or that somebody has to know. */
export interface Trouble {
  /** What is concerned: a file and line (`20260103000001_x.sql:12`), an object, or both. */
  readonly objects: readonly string[]
  /** What is wrong, in a sentence. */
  readonly reason: string
  /** What to do. */
  readonly hint?: string
  readonly have?: string
  readonly want?: string
  /** `error`, the default, stops a deploy. A `warning` is told and stops nothing. */
  readonly severity?: 'error' | 'warning'
}

/** A claim of the gate, such as `every foreign key has an index`. */
export interface Claim {
  /** The same in every run: `static/foreign-keys-are-indexed`. */
  readonly id: string
  readonly title: string
  /** The step it belongs to. */
  readonly group: string
}

/** What a step comes to. */
export interface StepResult {
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  readonly sections?: readonly Section[]
}

/** The finding of a claim: passed when nothing is an error; one failed finding for each error, and a note for each warning. */
export function judged(claim: Claim, troubles: readonly Trouble[]): StepResult {
  const errors = troubles.filter(({ severity = 'error' }) => severity === 'error')
  const warnings = troubles.filter(({ severity }) => severity === 'warning')
  const findings = errors.map(({ objects, reason, hint, have, want }) =>
    finding(
      { ...claim, id: `${claim.id}: ${objects.join(', ')}`, objects: [...objects] },
      failed({
        reason: placed(objects, reason),
        ...(hint === undefined ? {} : { hint }),
        ...(have === undefined ? {} : { have }),
        ...(want === undefined ? {} : { want }),
      }),
    ),
  )
  return {
    findings: findings.length > 0 ? findings : [finding(claim, PASSED)],
    notes: warnings.map(({ objects, reason, hint }) => ({
      kind: 'warning' as const,
      group: claim.group,
      text: [placed(objects, reason), ...(hint ? [hint] : [])].join(' '),
    })),
  }
}

/** Where first, then what. */
function placed(objects: readonly string[], reason: string): string {
  return objects.length > 0 ? `${objects.join(', ')}: ${reason}` : reason
}

/** A claim that was not tried, and why: `not run: …`, `not applicable: …`. */
export function skipped(claim: Claim, reason: string): StepResult {
  return { findings: [finding(claim, { outcome: 'skipped', reason })], notes: [] }
}

/** A claim that could not be checked. */
export function unchecked(claim: Claim, error: unknown): StepResult {
  const reason = error instanceof Error ? error.message : String(error)
  return { findings: [finding(claim, { outcome: 'error', reason })], notes: [] }
}

/** Several results as one. */
export function together(results: readonly StepResult[]): StepResult {
  return {
    findings: results.flatMap(({ findings }) => findings),
    notes: results.flatMap(({ notes }) => notes),
    sections: results.flatMap(({ sections = [] }) => sections),
  }
}
