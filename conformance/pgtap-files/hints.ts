import type { Regime } from '../engines/index.ts'

/** How the run was, as far as a file can fail for it. */
export interface Circumstances {
  /** Whether all files share one database. */
  readonly shared: boolean
  readonly regime?: Regime | undefined
}

const DAY = '2026-05-30'

/** What to do about a reason, where it is known from how the run was; a sentence. */
export function hintFor(reason: string, { shared, regime }: Circumstances): string | undefined {
  if (/schema "\w*test\w*" does not exist|function \w*test\w*\.\w+\(.*does not exist/.test(reason) && !shared)
    return 'An earlier file may make it, and commits: run with --one-database, as supabase test db does. Or create extension supabase_test_helpers.'
  if (/permission denied for (table|view|sequence|function|schema)/.test(reason) && regime === 'closed')
    return `In projects created before ${DAY} the API roles may use what is made in public: --regime open has that, and so has engine embedded-17-open.`
  if (/permission denied for (table|view|sequence|function|schema)/.test(reason) && regime === 'open')
    return `It is denied on a platform as before ${DAY}, where more is granted: --regime closed, and engine embedded-17, grant less.`
  if (/access method "(hnsw|ivfflat)" does not exist/.test(reason))
    return 'vector is a stand-in on servers: run with --engine pglite, which has the real extension.'
  if (/type modifier is not allowed for type "(geometry|geography)"/.test(reason))
    return 'postgis is a stand-in here, and its types take no modifiers.'
  return undefined
}
