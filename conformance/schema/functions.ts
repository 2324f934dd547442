import type { Session } from '../engines/index.ts'
import { grantsOn } from './grants.ts'
import { literal } from './sql.ts'

/** Every function of the schema: definition, comment, grants. */
export async function functionTexts(session: Session, schema: string): Promise<string[]> {
  const functions = await session.query(
    `select p.oid::regprocedure::text as signature, pg_get_functiondef(p.oid) as definition,
            obj_description(p.oid, 'pg_proc') as comment, p.proacl as acl
     from pg_catalog.pg_proc as p
     where p.pronamespace = $1::regnamespace
     order by p.oid::regprocedure::text collate "C"`,
    [schema],
  )
  const texts: string[] = []
  for (const { signature, definition, comment, acl } of functions) {
    const name = signature ?? ''
    const grants = await grantsOn(session, 'function', name, acl ?? null)
    texts.push(
      [
        `${definition?.trimEnd()};`,
        `comment on function ${name} is ${literal(comment)};`,
        `revoke all on function ${name} from public;`,
        ...grants,
      ].join('\n'),
    )
  }
  return texts
}
