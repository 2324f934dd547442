import type { EngineKind, Lacks } from '../engines/index.ts'

/** How thorough a run is. */
export type Depth = 'short' | 'thorough' | 'exhaustive'

/** What a run has time for. */
export interface Time {
  readonly depth: Depth
  /** Whether specs or titles were named: whoever names one wants it, though it takes a second. */
  readonly named: boolean
}

const TAKES_LONG = 'not run: it takes long; npm run test:all has the time'

/** What a run leaves out on an engine though it could be had, and why. */
export function deferredOn(
  { leaves, defers }: Pick<EngineKind, 'leaves' | 'defers'>,
  { depth, named }: Time,
): Lacks {
  return {
    ...(depth === 'exhaustive' ? {} : leaves),
    ...(depth === 'short' ? { 'every-statement': TAKES_LONG, time: TAKES_LONG, ...defers } : {}),
    ...(depth === 'short' && !named ? { 'thorough-run': TAKES_LONG } : {}),
  }
}
