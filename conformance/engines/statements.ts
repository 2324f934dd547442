/** Where one statement of a script ends and the next begins. */
import { type SqlToken, sqlTokenAt } from './sql-token.ts'

/** Beginnings of a statement whose body may be `begin atomic … end`. */
const withBody = /^create (or replace )?(function|procedure) /

/**
 * Whether a semicolon would end the statement whose tokens it has been shown: within parentheses, and within the body of
 * a function in SQL, it does not. By the same rules of thumb as psql's.
 */
export class Nesting {
  #parentheses = 0
  #bodies = 0
  #beginning = ''

  /** Shows it the next token of the statement; blanks may be left out. */
  take(kind: SqlToken['kind'], text: string): void {
    if (kind === 'word') this.#takeWord(text.toLowerCase())
    if (text === '(') this.#parentheses += 1
    if (text === ')' && this.#parentheses > 0) this.#parentheses -= 1
  }

  get hides(): boolean {
    return this.#parentheses > 0 || this.#bodies > 0
  }

  #takeWord(word: string): void {
    if (this.#beginning.length < 40) this.#beginning += `${word} `
    if (this.#parentheses > 0 || !withBody.test(this.#beginning)) return
    if (word === 'begin' || (word === 'case' && this.#bodies > 0)) this.#bodies += 1
    if (word === 'end' && this.#bodies > 0) this.#bodies -= 1
  }
}

/**
 * The statements of `script`, in order, without their semicolons and without what precedes them; as `psql -f` splits
 * it, but for psql's own backslash commands. Empty statements are dropped.
 */
export function splitStatements(script: string): string[] {
  const statements: string[] = []
  let start: number | undefined
  let end = 0
  let nesting = new Nesting()
  const finish = () => {
    if (start !== undefined) statements.push(script.slice(start, end))
    start = undefined
    nesting = new Nesting()
  }
  for (let at = 0; at < script.length; ) {
    const token = sqlTokenAt(script, at)
    if (script[at] === ';' && !nesting.hides) {
      finish()
    } else if (token.kind !== 'blank') {
      nesting.take(token.kind, script.slice(at, token.end))
      start ??= at
      end = token.end
    }
    at = token.end
  }
  finish()
  return statements
}
