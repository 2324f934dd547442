/** What one check found out. The only thing a renderer knows. */
export interface Finding {
  /** The claim, as the reader sees it. */
  readonly title: string
  /** Whether the claim holds. */
  readonly holds: boolean
  /** What is there, in words or cells, when the claim is broken. */
  readonly have?: string
  /** What should be there, when the claim is broken. */
  readonly want?: string
}
