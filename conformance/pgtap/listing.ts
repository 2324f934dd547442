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

/** The claim that the things of a kind are just these: `what` they are, in the plural. */
export function listing(what: string, list: Lister): Listing {
  return async (session, ...args) => {
    const { schema, names, description } = read(args)
    return sameThings(
      what,
      (await list(session, schema)).map(quoted),
      names.map(quoted),
      description ?? (await correct(session, schema, what)),
    )
  }
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

async function correct(session: Session, schema: string | null, what: string): Promise<string> {
  if (schema !== null) return `Schema ${quoted(schema)} should have the correct ${what}`
  const [row] = await session.query(`select current_setting('search_path') as path`)
  return `Search path ${row?.['path']} should have the correct ${what}`
}
