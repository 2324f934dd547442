import type { Session } from '../engines/index.ts'

/** The session as claims on the catalog use it: few questions, asked again and again, whose plans are worth keeping. */
export function lookingUp(session: Session): Session {
  return { ...session, query: (text, values) => session.lookUp(text, values) }
}
