import type { AgreementLine, Change, Privileges, Server } from '../report/index.ts'

declare module 'vitest' {
  /** What a test leaves for the report besides how it ended: `task.meta.access = …`. */
  interface TaskMeta {
    /** The server it spoke with. Every test with a session leaves it. */
    server?: Server
    /** Who may do what, as the server says it. */
    access?: readonly Privileges[]
    /** How the answer to a question stands to the answer of reference. */
    agreement?: AgreementLine
    /** Where the schema or its prices are not as recorded: of the first test of a worker that failed. */
    changes?: readonly Change[]
    /** Databases of a failed test that can be looked at, or why one cannot. */
    kept?: readonly ({ readonly url: string } | { readonly why: string })[]
  }
}
