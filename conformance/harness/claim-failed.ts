import type { Evidence, Verdict } from '../pgtap/index.ts'

/** A claim is broken. What is there and what should be stands in the message for people, and beside it for reports. */
export class ClaimFailed extends Error {
  override readonly name = 'ClaimFailed'
  readonly evidence: Evidence | undefined
  /** Who said what: the statement, or the claim on the catalog. */
  readonly about: string

  constructor({ description, diagnostics, evidence }: Verdict, about: string) {
    super(
      [description ? `${description}: it is not so.` : 'It is not so.', diagnostics, about]
        .filter(Boolean)
        .join('\n'),
    )
    this.evidence = evidence
    this.about = about.trim()
  }
}
