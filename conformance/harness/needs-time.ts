import { inject } from 'vitest'

/** Skips a test that takes long, unless the run has time for it, as `npm run test:all` has. */
export function needsTime(skip: (note: string) => never): void {
  if ((inject('depth') ?? 'short') === 'short') skip('not run: it takes long; npm run test:all has the time')
}
