import type { Failure } from '../runner/index.ts'
import type { Listener } from './listener.ts'

/** Failures told while it runs; the end tells them all. */
const MOST_FAILURES = 20
const CLEAR_LINE = '\r\u001b[2K'

/** Where progress is told. */
export interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/**
 * What is seen of a run while it lasts: on a terminal one line with the specs that are done, the failures so far and the time
 * left; in a pipe the failures alone.
 */
export class Progress implements Listener {
  readonly #screen: Screen
  #all = 0
  #done = 0
  #failed = 0
  #startedAt = Date.now()

  constructor(screen: Screen = process.stdout) {
    this.#screen = screen
  }

  started(files: number): void {
    this.#all = files
    this.#done = 0
    this.#failed = 0
    this.#startedAt = Date.now()
    this.#show()
  }

  failed({ project, file, title }: Failure): void {
    this.#failed += 1
    if (!this.#screen.isTTY) {
      if (this.#failed <= MOST_FAILURES)
        this.#screen.write(`✗ ${project}: ${file}: ${title.replaceAll('\n', ' ')}\n`)
      if (this.#failed === MOST_FAILURES) this.#screen.write('… more failures are told at the end only.\n')
    }
    this.#show()
  }

  fileDone(): void {
    this.#done += 1
    this.#show()
  }

  ended(): void {
    if (this.#screen.isTTY) this.#screen.write(CLEAR_LINE)
  }

  #show(): void {
    if (!this.#screen.isTTY) return
    const counts = `${this.#done} of ${this.#all} specs, ${this.#failed} failed`
    this.#screen.write(`${CLEAR_LINE}${counts}${this.#left()}`)
  }

  /** Specs differ in length: a guess, and said to be one. */
  #left(): string {
    if (this.#done === 0) return ''
    const seconds = ((Date.now() - this.#startedAt) / 1000 / this.#done) * (this.#all - this.#done)
    return seconds < 90
      ? `, about ${Math.ceil(seconds)} s left`
      : `, about ${Math.ceil(seconds / 60)} min left`
  }
}
