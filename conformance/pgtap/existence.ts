import type { Session } from '../engines/index.ts'
import { type Name, nameOf, shown } from './name.ts'
import { type Verdict, verdict } from './verdict.ts'

/** The claims that a thing exists, and that it does not, with pgTAP's default descriptions. `noun` begins the sentence. */
export function existence(noun: string, exists: (session: Session, name: Name) => Promise<boolean>) {
  return {
    has: async (session: Session, name: string, description?: string | undefined): Promise<Verdict> =>
      verdict(await exists(session, nameOf(name)), description ?? `${noun} ${shown(name)} should exist`),
    hasnt: async (session: Session, name: string, description?: string | undefined): Promise<Verdict> =>
      verdict(
        !(await exists(session, nameOf(name))),
        description ?? `${noun} ${shown(name)} should not exist`,
      ),
  }
}

/** Whether a query with these parameters has a row. */
export async function finds(session: Session, query: string, values: readonly unknown[]): Promise<boolean> {
  return (await session.query(query, values)).length > 0
}
