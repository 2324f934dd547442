/**
 * How mutation testing looks over the shoulder of the specs: it sees what each test asks of its databases, and says when the
 * database that tests share is to be made anew. Without a watcher, which is how specs are run by everybody else, nothing is
 * done here.
 */
import type { Engine } from '../engines/index.ts'
import type { SharedDatabase } from './shared-database.ts'

/** What looks on. */
export interface Watcher {
  /** The engine as tests are to see it. */
  watch(engine: Engine): Engine
  /** Hears of the database that tests share. */
  migrated(database: SharedDatabase): void
}

/** Where a watcher stands: the runner and the specs are loaded separately, and both see it there. */
export const WATCHER = Symbol.for('conformance.watcher')

/** Who looks on, where somebody does. */
export function watcher(): Watcher | undefined {
  return (globalThis as { [WATCHER]?: Watcher })[WATCHER]
}

/** The engine as tests see it. */
export function watched(engine: Engine): Engine {
  return watcher()?.watch(engine) ?? engine
}
