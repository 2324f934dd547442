/** The product's schema as one readable SQL text, taken from the catalog of a database. */
import type { Session } from '../../engines/index.ts'
import { defaultPrivileges } from './default-privileges.ts'
import { functionTexts } from './functions.ts'
import { grants, section } from './sql.ts'
import { foreignKeyTexts, tableTexts } from './tables.ts'
import { viewTexts } from './views.ts'

/** The schema that the migrations create. */
const SCHEMA = 'copilot_internal'

const HEADER = `-- What the migrations add up to. Generated from the catalog by \`npm run schema\`; never edited by hand.
-- Read its diff to see what a migration changes.`

/**
 * What a database holds in schema `copilot_internal`: tables, views, functions, comments, policies, grants, and the
 * default privileges that concern it. The same for every database the migrations were applied to, however they were.
 * Ends with a newline. Prices are data and not part of it.
 */
export async function schemaText(session: Session): Promise<string> {
  const parts = [
    HEADER,
    section('Schema'),
    ...(await schemaItself(session)),
    section('Functions'),
    ...(await functionTexts(session, SCHEMA)),
    section('Tables'),
    ...(await tableTexts(session, SCHEMA)),
    section('Foreign keys'),
    ...(await foreignKeyTexts(session, SCHEMA)),
    section('Views'),
    ...(await viewTexts(session, SCHEMA)),
  ]
  return `${parts.join('\n\n')}\n`
}

async function schemaItself(session: Session): Promise<string[]> {
  const [schema] = await session.query(
    `select format(e'create schema %s;\\ncomment on schema %1$s is %L;', n.nspname, obj_description(n.oid, 'pg_namespace')) as text,
            ${grants('n', 'n.nspacl', 'n.nspowner', `'schema ' || n.nspname`)} as grants
     from pg_catalog.pg_namespace as n where n.nspname = $1`,
    [SCHEMA],
  )
  if (!schema) throw new Error(`There is no schema ${SCHEMA} in this database: apply the migrations first.`)
  const defaults = await defaultPrivileges(session, SCHEMA)
  return [schema['text'] ?? '', schema['grants'] ?? '', defaults.join('\n')]
}
