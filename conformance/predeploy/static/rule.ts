/** What a rule of the static step is. */
import type { Placed } from './placed.ts'
import type { Script } from './script.ts'

/** Something that a rule found. */
export interface Found {
  readonly at: Pick<Placed, 'file' | 'line' | 'isReleased'>
  /** Objects that are concerned, beside the place. */
  readonly objects?: readonly string[]
  readonly reason: string
  /** What to do, where the rule's own hint does not say it. */
  readonly hint?: string
  /** `error`, the default, stops a deploy. */
  readonly severity?: 'error' | 'warning'
}

/** A rule on the statements of a folder. */
export interface Rule {
  /** Without its step: `foreign-keys-are-indexed`. */
  readonly id: string
  /** The claim, in the present tense. */
  readonly title: string
  /** What it looks for, in a sentence. */
  readonly looksFor: string
  readonly hint: string
  /**
   * `state`: what the folder comes to, released files included, where a breach in one of those is a warning. `moment`: what
   * happens while a file is applied; released ones are not judged.
   */
  readonly concerns: 'state' | 'moment'
  readonly judge: (script: Script) => Found[]
}
