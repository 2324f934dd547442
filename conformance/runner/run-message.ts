/** What Vitest tells of a run, as plain data: it may be read in another process. */
import type { TaskMeta } from 'vitest'

/** One step of a run. */
export type RunMessage =
  | { readonly kind: 'started'; readonly files: number }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'file-done' }
  | { readonly kind: 'ended'; readonly files: readonly RanFile[]; readonly strays: readonly RanError[] }

/** A test that failed just now, or a file that could not be loaded. */
export interface Failure {
  readonly project: string
  /** Relative to the folder of specs. */
  readonly file: string
  readonly title: string
}

/** A file of specs that was run on an engine. */
export interface RanFile {
  readonly project: string
  /** Relative to the folder of specs. */
  readonly file: string
  /** Whether all of it passed, what is outside its tests included. */
  readonly ok: boolean
  /** What went wrong outside its tests. */
  readonly errors: readonly RanError[]
  /** Loading, hooks and tests. */
  readonly ms: number
  readonly tests: readonly RanTest[]
}

/** A test, and how it ended. */
export interface RanTest {
  /** With those of the groups that it stands in. */
  readonly title: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
  /** Why it skipped itself. */
  readonly note?: string
  readonly errors: readonly RanError[]
  /** What it left for the report: see `harness/task-meta.ts`. */
  readonly meta: TaskMeta
}

/** Whatever was thrown, with what the harness and `expect` leave in an error. */
export interface RanError {
  readonly name?: string
  readonly message: string
  readonly about?: string
  readonly evidence?: unknown
  readonly stacks?: readonly { readonly file: string; readonly line: number }[]
  readonly actual?: string
  readonly expected?: string
  readonly cause?: RanError
}
