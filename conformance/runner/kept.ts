import type { TaskMeta } from 'vitest'
import type { RanFile } from './run-message.ts'

/** A database of a failed test that can be looked at, or why it cannot. */
export interface Kept {
  /** The test, with its project. */
  readonly test: string
  readonly what: NonNullable<TaskMeta['kept']>[number]
}

/** The databases of failed tests that were to be kept. */
export function keptIn(files: readonly RanFile[]): Kept[] {
  return files.flatMap(({ project, tests }) =>
    tests.flatMap(({ title, meta }) =>
      (meta.kept ?? []).map((what) => ({ test: `${project}: ${title}`, what })),
    ),
  )
}
