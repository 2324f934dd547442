/** Claims on functions. */
import type { Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { sameThings, type Verdict } from './verdict.ts'

/**
 * The schema has exactly these functions, each with the types of its arguments: no overload is overlooked. pgTAP's
 * `functions_are` knows names only.
 *
 * @example
 * await tap.functionSignaturesAre('zoo_annex', ['greet(text)'])
 */
export async function functionSignaturesAre(
  session: Session,
  schema: string,
  signatures: readonly string[],
  description = `Schema ${quoted(schema)} should have the correct functions and overloads`,
): Promise<Verdict> {
  const rows = await session.query(
    `select quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' as signature
     from pg_catalog.pg_proc as p
     join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
     where n.nspname = $1`,
    [schema],
  )
  return sameThings(
    'functions',
    rows.map(({ signature }) => signature ?? ''),
    signatures,
    description,
  )
}
