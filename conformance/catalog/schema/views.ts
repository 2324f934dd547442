import type { Session } from '../../engines/index.ts'
import { grants } from './sql.ts'

/** Every view of the schema, those that read another view last: options, definition, comment, grants. */
export async function viewTexts(session: Session, schema: string): Promise<string[]> {
  const views = await session.query(
    `select concat_ws(e'\\n',
       format('create view %s%s as', c.oid::regclass, ' with (' || array_to_string(c.reloptions, ', ') || ')'),
       pg_get_viewdef(c.oid),
       format('comment on view %s is %L;', c.oid::regclass, obj_description(c.oid, 'pg_class')),
       ${grants('r', 'c.relacl', 'c.relowner', 'c.oid::regclass')}
     ) as text
     from pg_catalog.pg_class as c
     where c.relnamespace = $1::regnamespace and c.relkind = 'v'
     order by exists (
       select from pg_catalog.pg_rewrite as w
       join pg_catalog.pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
       join pg_catalog.pg_class as r on r.oid = d.refobjid and r.relkind = 'v'
       where w.ev_class = c.oid and r.oid <> c.oid
     ), c.relname collate "C"`,
    [schema],
  )
  return views.map(({ text }) => text ?? '')
}
