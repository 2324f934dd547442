import type { Session } from '../engines/index.ts'
import { grantsOn } from './grants.ts'
import { literal } from './sql.ts'

/** Every view of the schema, each after those it reads: options, definition, comment, grants. */
export async function viewTexts(session: Session, schema: string): Promise<string[]> {
  const views = await session.query(
    `select c.oid::regclass::text as name, array_to_string(c.reloptions, ', ') as options,
            pg_get_viewdef(c.oid) as definition, obj_description(c.oid, 'pg_class') as comment, c.relacl as acl,
            exists (
              select from pg_catalog.pg_depend as d
              join pg_catalog.pg_rewrite as w on w.oid = d.objid and d.classid = 'pg_rewrite'::regclass
              join pg_catalog.pg_class as r on r.oid = d.refobjid and r.relkind = 'v'
              where w.ev_class = c.oid and r.oid <> c.oid
            ) as reads_a_view
     from pg_catalog.pg_class as c
     where c.relnamespace = $1::regnamespace and c.relkind = 'v'
     order by reads_a_view, c.relname collate "C"`,
    [schema],
  )
  const texts: string[] = []
  for (const { name, options, definition, comment, acl } of views) {
    const settings = options ? ` with (${options})` : ''
    const grants = await grantsOn(session, 'table', name ?? '', acl ?? null)
    texts.push(
      [
        `create view ${name}${settings} as\n${definition}`,
        `comment on view ${name} is ${literal(comment)};`,
        ...grants,
      ].join('\n'),
    )
  }
  return texts
}
