import type { Listener, Ran } from './listener.ts'

/** Prints the specs that took longest, at the end of a run. */
export class Slowest implements Listener {
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  ended({ files }: Ran): void {
    const lines = files
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, this.#most)
      .map(({ project, file, ms }) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${project}: ${file}\n`)
    process.stdout.write(`\nWhat took longest:\n${lines.join('')}`)
  }
}
