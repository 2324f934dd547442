import { setTimeout as sleep } from 'node:timers/promises'

/** Against what hangs, not against what is slow; less than a test has, so that the run says what has not happened. */
const GUARD_MS = 240_000

/**
 * What several clients do at once until enough has happened, however long that takes. It is over when somebody ends it,
 * and when one of them fails, so that nobody goes on alone.
 *
 * @example
 *   const run = new Run()
 *   await run.all([...clients.map((client) => actUntilOver(client, run)), run.until('100 answers', enough).then(() => run.end())])
 */
export class Run {
  readonly #guard = Date.now() + GUARD_MS
  #ended = false

  get over(): boolean {
    return this.#ended || Date.now() > this.#guard
  }

  end(): void {
    this.#ended = true
  }

  /** Waits until something has happened. Throws an error that names it when the run is over before. */
  async until(what: string, happened: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await happened())) {
      if (this.over) throw new Error(`The run was over before this happened: ${what}.`)
      await sleep(5)
    }
  }

  /** Waits until all have come to their end. Throws the first failure, at which the run is over. */
  async all(clients: readonly Promise<unknown>[]): Promise<void> {
    try {
      await Promise.all(clients)
    } finally {
      this.end()
    }
  }
}
