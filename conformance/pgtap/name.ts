/**
 * Names of things in a database.
 *
 * What may be qualified is one argument and is read as SQL reads it: `app.users`, `app."Odd Name"`, `users`. Without a schema
 * it means what the session's search path makes of it. What cannot be qualified (a schema, a column, a role) is the name itself.
 */
import { QuoteUtils } from '@pgsql/quotes'

/** A name that may have a schema. Without one, it is looked for on the search path. */
export interface Name {
  readonly schema: string | null
  readonly name: string
}

const part = /"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*)/uy

/** Reads a name as SQL does. Throws a `RangeError` that says what is expected when it is none. */
export function nameOf(text: string): Name {
  const parts: string[] = []
  for (let at = 0; ; at += 1) {
    part.lastIndex = at
    const [found, quoted, plain] = part.exec(text) ?? []
    if (found === undefined) throw unreadable(text)
    parts.push(quoted?.replaceAll('""', '"') ?? folded(plain ?? ''))
    at += found.length
    if (at === text.length) break
    if (text[at] !== '.' || parts.length === 2) throw unreadable(text)
  }
  const [first = '', second] = parts
  return second === undefined ? { schema: null, name: first } : { schema: first, name: second }
}

/**
 * Reads the name of an operator, which may have a schema: `=`, `app.===`, `"Odd App".<>`. Throws a `RangeError` that says what
 * is expected when it is none.
 */
export function operatorOf(text: string): Name {
  const [, , before, symbol] = /^((.+)\.)?([-+*/<>=~!@#%^&|`?]+)$/u.exec(text) ?? []
  const schema = before === undefined ? null : nameOf(before)
  if (symbol === undefined || schema?.schema)
    throw new RangeError(
      `${JSON.stringify(text)} is not an operator: expected one such as = or schema.=, the schema in double quotes where needed.`,
    )
  return { schema: schema?.name ?? null, name: symbol }
}

/** Only ASCII is folded, whatever the locale: as the server does with UTF-8. */
function folded(plain: string): string {
  return plain.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function unreadable(text: string): RangeError {
  return new RangeError(
    `${JSON.stringify(text)} is not a name: expected name or schema.name, each in double quotes where it has upper case, spaces or dots.`,
  )
}

/** A name as it has to be written in SQL, quoted only where it must be: the server's `quote_ident`. */
export function quoted(name: string): string {
  return name === '' ? '""' : QuoteUtils.quoteIdentifier(name)
}

/** The text of a name that {@link nameOf} reads back: how a schema and a name become one argument. */
export function qualified(schema: string | null | undefined, name: string): string {
  return schema === null || schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`
}

/** A name as pgTAP prints it in descriptions. */
export function shown(name: string): string {
  const read = nameOf(name)
  return qualified(read.schema, read.name)
}
