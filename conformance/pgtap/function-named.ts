/** Which function is meant, and what the catalog says of it. */
import type { Session } from '../engines/index.ts'
import { nameOf, shown } from './name.ts'
import { isNamed } from './named.ts'
import { type Verdict, verdict } from './verdict.ts'

/**
 * What a claim on a function takes after its name: the types of its arguments where it has namesakes, then what is claimed, then
 * the description.
 */
export type OfFunction<Claimed extends unknown[] = []> =
  | [types: readonly string[], ...claimed: Claimed, description?: string | undefined]
  | [...claimed: Claimed, description?: string | undefined]

/** The function that is meant. */
export interface Meant {
  readonly name: string
  /** The types of its arguments; null when any will do. */
  readonly types: readonly string[] | null
}

/** The arguments of a claim, told apart: only the types are a list. `claimed` is how many come before the description. */
export function told(
  name: string,
  args: readonly unknown[],
  claimed: number,
): { meant: Meant; claims: string[]; description: string | undefined } {
  const types = Array.isArray(args[0]) ? (args[0] as readonly string[]) : null
  const rest = (types ? args.slice(1) : args) as (string | undefined)[]
  const claims = rest.slice(0, claimed).map((claim) => claim ?? '')
  return { meant: { name, types }, claims, description: rest[claimed] }
}

/** The function as descriptions name it: `zoo.greet(text, integer)`. */
export function signature({ name, types }: Meant): string {
  return `${shown(name)}(${(types ?? []).join(', ')})`
}

/** The same of a function in the catalog, `p`, in SQL. */
export const SIGNATURE = `pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')'`

/**
 * One fact of a function, an SQL expression on `p` (pg_proc) and `l` (its language); null when there is no such function. Of
 * several that are meant, the first that was made.
 */
export async function factOf(session: Session, { name, types }: Meant, fact: string): Promise<string | null> {
  const { schema, name: unqualified } = nameOf(name)
  const [row] = await session.query(
    `select (${fact})::text as fact
     from pg_catalog.pg_proc as p
     join pg_catalog.pg_language as l on l.oid = p.prolang
     where ${isNamed('pg_proc', 'p')}
       and ($3::text[] is null or pg_catalog.array_to_string(p.proargtypes, ' ') = pg_catalog.array_to_string(array(
         select coalesce(pg_catalog.to_regtype(t)::pg_catalog.oid, 0)
         from unnest($3::text[]) with ordinality as u (t, n) order by n
       ), ' '))
     order by p.oid
     limit 1`,
    [schema, unqualified, types],
  )
  return row?.['fact'] ?? null
}

/** The verdict when there is no such function. */
export function noSuchFunction(meant: Meant, description: string): Verdict {
  return verdict(false, description, `    Function ${signature(meant)} does not exist`)
}
