import type { Reporter, TestModule } from 'vitest/node'

/** What {@link KeptReporter} needs of the verb. */
export interface KeptOptions {
  /** Gets each URL before it is printed: it holds a password. */
  readonly disclose: (url: string) => void
  /** Waits until nobody needs them any more: with the run's end, the servers end. */
  readonly wait: () => Promise<void>
}

/**
 * Says which databases of failed tests were kept and where they are found, or why one was not; and holds up the end of the run
 * while they are looked at.
 */
export class KeptReporter implements Reporter {
  readonly #options: KeptOptions

  constructor(options: KeptOptions) {
    this.#options = options
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const kept = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) =>
        (test.meta().kept ?? []).map((what) => ({ what, test: `${module.project.name}: ${test.fullName}` })),
      ),
    )
    for (const { what, test } of kept) {
      if ('url' in what) this.#options.disclose(what.url)
      process.stderr.write(`${test}\n    ${'url' in what ? what.url : `not kept: ${what.why}`}\n`)
    }
    if (kept.some(({ what }) => 'url' in what)) await this.#options.wait()
  }
}
