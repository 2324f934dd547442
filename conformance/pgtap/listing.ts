import type { Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { sameThings, type Verdict } from './verdict.ts'

/** What a list claim takes: the things of one schema, or those that the search path finds. Then the description. */
export type Listed =
  | [schema: string, names: readonly string[], description?: string | undefined]
  | [names: readonly string[], description?: string | undefined]

/** Finds the names of all things of a kind; `schema` is null for those that the search path finds. */
export type Lister = (session: Session, schema: string | null) => Promise<readonly string[]>

/** A claim on the things of a schema, or of the search path. */
export type Listing = (session: Session, ...args: Listed) => Promise<Verdict>

/** A claim on all things of a kind that have no schema. */
export type PlainListing = (
  session: Session,
  names: readonly string[],
  description?: string | undefined,
) => Promise<Verdict>

/** How a list claim speaks, where that is not the rule. */
export interface Words {
  /** What the description calls the things, where the diagnostics call them otherwise. */
  readonly things?: string
  /** The description of a claim without a schema, where that is not about the search path. */
  readonly everywhere?: string
  /** How one of the things is printed: quoted as a name, or as it is. */
  readonly print?: (name: string) => string
}

/** The claim that the things of a kind are just these: `what` they are, in the plural. */
export function listing(what: string, list: Lister, words: Words = {}): Listing {
  const { things = what, everywhere, print = quoted } = words
  return async (session, ...args) => {
    const { schema, names, description } = read(args)
    const have = await list(session, schema)
    return sameThings(
      what,
      have.map(print),
      names.map(print),
      description ?? (await correct(session, schema)),
    )
  }

  async function correct(session: Session, schema: string | null): Promise<string> {
    if (schema !== null) return `Schema ${quoted(schema)} should have the correct ${things}`
    if (everywhere !== undefined) return everywhere
    const [row] = await session.query(`select current_setting('search_path') as path`)
    return `Search path ${row?.['path']} should have the correct ${things}`
  }
}

/** The same of things that have no schema. `query` gives their names as `name`. */
export function plainListing(what: string, query: string, words: Words = {}): PlainListing {
  const { things = what, print = quoted } = words
  return async (session, names, description = `There should be the correct ${things}`) =>
    sameThings(what, (await namesIn(session, query)).map(print), names.map(print), description)
}

/** The column `name` of a query's rows. */
export async function namesIn(
  session: Session,
  query: string,
  values: readonly unknown[] = [],
): Promise<string[]> {
  const rows = await session.query(query, values)
  return rows.map(({ name }) => name ?? '')
}

/** The arguments, told apart: a name comes first only where a schema is meant. */
function read(args: Listed): {
  schema: string | null
  names: readonly string[]
  description?: string | undefined
} {
  if (typeof args[0] === 'string') {
    const [schema, names, description] = args as Extract<Listed, [string, ...unknown[]]>
    return { schema, names, description }
  }
  const [names, description] = args as Exclude<Listed, [string, ...unknown[]]>
  return { schema: null, names, description }
}
