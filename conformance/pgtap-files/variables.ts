/** Letters a variable's name may have. */
const NAME = /^[\w\u0080-\uffff]+$/

/** psql's variables that steer it, and what each may be. Of other variables, anything may be the value. */
const steering: Readonly<Record<string, (value: string) => boolean>> = {
  ON_ERROR_STOP: isBoolean,
  ON_ERROR_ROLLBACK: (value) => isBoolean(value) || value === 'interactive',
  QUIET: isBoolean,
  AUTOCOMMIT: (value) => booleanOf(value) === true,
}

/** The variables of psql, `\set NAME value` and `:NAME`, as a file run by `psql --set ON_ERROR_STOP=1` finds them. */
export class Variables {
  readonly #values: Map<string, string>

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.#values = new Map(
      Object.entries({ ON_ERROR_STOP: '1', ON_ERROR_ROLLBACK: 'off', QUIET: 'on', AUTOCOMMIT: 'on' }),
    )
    for (const [name, value] of Object.entries(values)) this.set(name, value)
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Throws {@link RangeError} when it is no name, or a steering variable cannot have that value. */
  set(name: string, value: string): void {
    if (!NAME.test(name)) throw new RangeError(`"${name}" is no name of a variable: letters, digits and _.`)
    const steered = name in steering && value === '' ? 'on' : value
    if (steering[name]?.(steered) === false)
      throw new RangeError(
        `${name} cannot be "${value}" here: ${name === 'AUTOCOMMIT' ? 'only on' : 'on or off'}.`,
      )
    this.#values.set(name, steered)
  }

  unset(name: string): void {
    this.#values.delete(name)
  }

  /** Whether a steering variable is on. */
  isOn(name: string): boolean {
    return booleanOf(this.#values.get(name) ?? 'off') ?? false
  }

  /**
   * What a reference that starts exactly at `from` stands for: `:name`, `:'name'`, `:"name"` or `:{?name}`. Nothing when
   * there is none, or it names no variable: then it is what it looks like.
   */
  at(text: string, from: number): { value: string; end: number; name?: string } | undefined {
    reference.lastIndex = from
    const [, asked, literal, identifier, plain] = reference.exec(text) ?? []
    const end = reference.lastIndex
    if (asked !== undefined) return { value: this.#values.has(asked) ? 'TRUE' : 'FALSE', end }
    const name = literal ?? identifier ?? plain
    const value = name === undefined ? undefined : this.#values.get(name)
    if (value === undefined) return undefined
    if (literal !== undefined) return { value: asLiteral(value), end }
    if (identifier !== undefined) return { value: `"${value.replaceAll('"', '""')}"`, end }
    return { value, end, ...(plain === undefined ? {} : { name: plain }) }
  }
}

const reference =
  /:(?:\{\?([\w\u0080-\uffff]+)\}|'([\w\u0080-\uffff]+)'|"([\w\u0080-\uffff]+)"|([\w\u0080-\uffff]+))/y

/** A string constant that reads the same whatever `standard_conforming_strings` is. */
function asLiteral(value: string): string {
  const doubled = value.replaceAll("'", "''")
  return value.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

/** What psql takes for yes and no: whole words, or as many of their letters as tell them apart. Otherwise nothing. */
export function booleanOf(text: string): boolean | undefined {
  const given = text.toLowerCase()
  if (given === '') return undefined
  if (given === '1' || given === 'on' || 'true'.startsWith(given) || 'yes'.startsWith(given)) return true
  if (given === '0' || (given.length > 1 && 'off'.startsWith(given))) return false
  return 'false'.startsWith(given) || 'no'.startsWith(given) ? false : undefined
}

function isBoolean(value: string): boolean {
  return booleanOf(value) !== undefined
}
