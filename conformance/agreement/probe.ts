/** A question to a database whose answer should be the same wherever the product runs. */
export interface Probe {
  /** A name that is also its key in the reference: what it is about. */
  readonly name: string
  /** Statements that come first, in the same transaction. */
  readonly setup?: readonly string[]
  /** The statement whose answer is compared. */
  readonly ask: string
  /**
   * The SQLSTATE it is refused with; none when it is answered. Said here so that a question that is badly put does not become
   * a reference by itself.
   */
  readonly refused?: string
  /** May leave the engine unable to answer: it is asked on a database that is thrown away. */
  readonly dangerous?: boolean
}
