import type { TestContext } from 'vitest'
import type { SharedDatabase } from './shared-database.ts'
import { watcher } from './watcher.ts'

/** How long the comparison may take: a report without it is better than none. */
const PATIENCE_MS = 20_000

/** What differs between the migrated database of a worker and what is recorded: looked up once, when a test has failed. */
export class SchemaComparison {
  readonly #database: SharedDatabase
  #made = false

  constructor(database: SharedDatabase) {
    this.#database = database
  }

  /** Leaves with the first test of the worker that failed what is not as recorded: the likely cause. */
  async noteFor({ meta, result }: TestContext['task']): Promise<void> {
    if (this.#made || !result?.errors?.length || watcher()) return
    this.#made = true
    // The test has failed already, and has said why. Nothing that goes wrong here is to stand beside that.
    const changes = await Promise.race([this.#changes().catch(() => []), nothingAfter(PATIENCE_MS)])
    if (changes.length > 0) meta.changes = changes
  }

  async #changes() {
    // Nobody waits for it in a run in which nothing fails.
    const { schemaChanges } = await import('../verify/index.ts')
    const session = await this.#database.session()
    await session.query('begin')
    try {
      const changes = await schemaChanges(session)
      return changes.map(({ objects, have, want }) => ({
        object: objects.join(', '),
        ...(have === undefined ? {} : { have }),
        ...(want === undefined ? {} : { want }),
      }))
    } finally {
      await session.query('rollback')
    }
  }
}

function nothingAfter(milliseconds: number): Promise<readonly []> {
  return new Promise((resolve) => setTimeout(() => resolve([]), milliseconds).unref())
}
