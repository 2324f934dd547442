import type { Session } from '../engines/index.ts'
import { type Name, nameOf, quoted, shown } from './name.ts'
import { type Verdict, verdict } from './verdict.ts'

/** A claim on one thing by its name. */
export type OnThing = (session: Session, name: string, description?: string | undefined) => Promise<Verdict>

/** That a thing exists, and that it does not. */
export interface Existence {
  readonly has: OnThing
  readonly hasnt: OnThing
}

/**
 * The claims that a thing which may have a schema exists, and that it does not, with pgTAP's default descriptions. `noun` begins
 * the sentence; `should` ends it, where it says more than that the thing exists.
 */
export function existence(
  noun: string,
  exists: (session: Session, name: Name) => Promise<boolean>,
  should = 'exist',
): Existence {
  return pair(
    (name) => `${noun} ${shown(name)}`,
    (session, name) => exists(session, nameOf(name)),
    should,
  )
}

/** The same of a thing that has no schema: its name is taken as it is. */
export function plainExistence(
  noun: string,
  exists: (session: Session, name: string) => Promise<boolean>,
): Existence {
  return pair((name) => `${noun} ${quoted(name)}`, exists, 'exist')
}

function pair(
  subject: (name: string) => string,
  exists: (session: Session, name: string) => Promise<boolean>,
  should: string,
): Existence {
  return {
    has: async (session, name, description) =>
      verdict(await exists(session, name), description ?? `${subject(name)} should ${should}`),
    hasnt: async (session, name, description) =>
      verdict(!(await exists(session, name)), description ?? `${subject(name)} should not ${should}`),
  }
}

/** Whether a query with these parameters has a row. */
export async function finds(session: Session, query: string, values: readonly unknown[]): Promise<boolean> {
  return (await session.query(query, values)).length > 0
}
