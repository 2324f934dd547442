/** `\if … \elif … \else … \endif`: which part of a file is read. */
export class Branches {
  /** Innermost last. `waiting`: no branch yet; `over`: there was one, or the whole of it stands in a branch not taken. */
  readonly #open: { state: 'taken' | 'waiting' | 'over'; elseSeen: boolean }[] = []

  /** Whether what follows is read. */
  get taken(): boolean {
    return this.#open.every(({ state }) => state === 'taken')
  }

  get depth(): number {
    return this.#open.length
  }

  /**
   * Takes one of the four commands; `holds` is asked where the condition decides. Answers whether the name was one of them.
   * Throws {@link RangeError} for one that has no `\if`, or comes after `\else`.
   */
  take(name: string, holds: () => boolean): boolean {
    if (name === 'if') {
      const state = !this.taken ? 'over' : holds() ? 'taken' : 'waiting'
      this.#open.push({ state, elseSeen: false })
      return true
    }
    if (name !== 'elif' && name !== 'else' && name !== 'endif') return false
    const innermost = this.#open.at(-1)
    if (!innermost) throw new RangeError(`\\${name} has no \\if before it.`)
    if (name === 'endif') {
      this.#open.pop()
      return true
    }
    if (innermost.elseSeen) throw new RangeError(`\\${name} cannot come after \\else.`)
    innermost.elseSeen = name === 'else'
    if (innermost.state === 'taken') innermost.state = 'over'
    else if (innermost.state === 'waiting' && (name === 'else' || holds())) innermost.state = 'taken'
    return true
  }
}
