import { type Token, tokensOf } from '../../syntax/index.ts'
import type { Kind, Proposal } from '../mutant.ts'

/** A word with what it takes to know what it does there. */
export interface Placed extends Token {
  readonly index: number
  /** The clause that it stands in, such as `where`: the last such word at its depth. */
  readonly clause: string
  /** Whether it belongs to a RAISE statement. */
  readonly raises: boolean
}

const CLAUSES = new Set(
  `select from where set on having when then else if elsif return values order group limit for returning using raise into perform
   update insert delete with loop while declare begin default check`.split(/\s+/),
)

/** A text as words, and what changes of it are made with. */
export class Words {
  readonly text: string
  readonly all: readonly Placed[]

  private constructor(text: string, all: readonly Placed[]) {
    this.text = text
    this.all = all
  }

  static async of(text: string): Promise<Words> {
    return new Words(text, placed(await tokensOf(text)))
  }

  at(index: number): Placed | undefined {
    return this.all[index]
  }

  word(index: number): string {
    return this.all[index]?.word ?? ''
  }

  /** Whether these words stand from there on. */
  reads(index: number, ...words: readonly string[]): boolean {
    return words.every((word, i) => this.word(index + i) === word)
  }

  /** The index of the bracket that closes the one at `index`. */
  closing(index: number): number {
    const { depth } = this.all[index] ?? { depth: 0 }
    const found = this.all.findIndex(
      ({ depth: other, word }, i) => i > index && other === depth && /^[)\]]$/.test(word),
    )
    return found < 0 ? this.all.length : found
  }

  /** The words from `from` up to, but without, `to` become `by`. */
  change(kind: Kind, from: number, to: number, by: string): Proposal[] {
    const [first, last] = [this.all[from], this.all[to - 1]]
    return first && last && from < to ? [{ kind, from: first.from, to: last.to, text: by }] : []
  }

  /** As it is written. */
  written(from: number, to: number): string {
    const [first, last] = [this.all[from], this.all[to - 1]]
    return first && last && from < to ? this.text.slice(first.from, last.to) : ''
  }

  /** The first index from `from` on that stands at `depth` and reads one of `words`, or at which the brackets around close. */
  until(from: number, depth: number, words: ReadonlySet<string>): number {
    for (let i = from; i < this.all.length; i += 1) {
      const { depth: other, word } = this.all[i] as Placed
      if (other < depth || (other === depth && words.has(word))) return i
    }
    return this.all.length
  }

  /** The same to the left: the index after the word that was found. */
  since(before: number, depth: number, words: ReadonlySet<string>): number {
    for (let i = before - 1; i >= 0; i -= 1) {
      const { depth: other, word } = this.all[i] as Placed
      if (other < depth || (other === depth && words.has(word))) return i + 1
    }
    return 0
  }
}

function placed(tokens: readonly Token[]): Placed[] {
  const clauses: string[] = []
  let raises = false
  return tokens.map((token, index) => {
    const { word, depth } = token
    clauses.length = Math.min(clauses.length, depth + 1)
    if (word === 'raise') raises = true
    if (word === ';') {
      raises = false
      clauses.length = 0
    }
    if (CLAUSES.has(word)) clauses[depth] = word
    return { ...token, index, clause: clauses[depth] ?? '', raises }
  })
}
