import { keptIn } from '../runner/index.ts'
import type { Listener, Ran } from './listener.ts'

/** Says which databases of failed tests were kept and where they are found, or why one was not. */
export class KeptDatabases implements Listener {
  readonly #disclose: (url: string) => void

  /** `disclose` gets each URL before it is printed: it holds a password. */
  constructor(disclose: (url: string) => void) {
    this.#disclose = disclose
  }

  ended({ files }: Ran): void {
    const kept = keptIn(files)
    for (const { what, test } of kept) {
      if ('url' in what) this.#disclose(what.url)
      process.stderr.write(`${test}\n    ${'url' in what ? what.url : `not kept: ${what.why}`}\n`)
    }
    if (kept.some(({ what }) => 'url' in what))
      process.stderr.write('The databases above are there until Ctrl-C.\n')
  }
}
