import { hostname } from 'node:os'
import type { Report } from '../report/index.ts'

/** When and where a run took place: all that may differ between two reports on the same input. */
export interface When {
  readonly startedAt: Date
  readonly durationMs: number
}

/** The header of a report. */
export function headerOf({ startedAt, durationMs }: When): Report['header'] {
  return {
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
    host: hostname(),
    node: `${process.version} ${process.platform} ${process.arch}`,
  }
}
