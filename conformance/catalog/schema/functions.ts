import type { Session } from '../../engines/index.ts'
import { grants } from './sql.ts'

/** Every function of the schema: definition, comment, grants. */
export async function functionTexts(session: Session, schema: string): Promise<string[]> {
  const functions = await session.query(
    `select concat_ws(e'\\n',
       rtrim(pg_get_functiondef(p.oid), e'\\n') || ';',
       format('comment on function %s is %L;', p.oid::regprocedure, obj_description(p.oid, 'pg_proc')),
       format('revoke all on function %s from public;', p.oid::regprocedure),
       ${grants('f', 'p.proacl', 'p.proowner', `'function ' || p.oid::regprocedure`)}
     ) as text
     from pg_catalog.pg_proc as p
     where p.pronamespace = $1::regnamespace
     order by p.oid::regprocedure::text collate "C"`,
    [schema],
  )
  return functions.map(({ text }) => text ?? '')
}
