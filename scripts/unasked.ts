/** What Vitest runs when it is called by itself, and not by `npm test`: everything. */
import { EndOfRun, heardBy } from '../conformance/results/index.ts'
import type { RunRequest } from '../conformance/runner/index.ts'
import { EVERYTHING, projectsOf } from '../conformance/selection/index.ts'

/** All specs on all engines, each as briefly as in `npm test`. */
export const request: RunRequest = {
  depth: 'short',
  named: false,
  projects: projectsOf(EVERYTHING),
  verbose: true,
  keep: false,
}

/** Takes what is told of the run to its end. */
export const tell = heardBy([new EndOfRun()])
