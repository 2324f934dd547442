/** Statements that the platform runs as its superuser, and what is said instead to a database of ours. */

/** Where a statement is to run. */
export interface Place {
  /** Whether there is a schema `pg_platform`, which does it: see fixtures/platform-as-superuser.sql. */
  readonly platform: boolean
  /** The database's name: on Supabase it is `postgres`. */
  readonly database: string
}

const NAME = /"(?:[^"]|"")+"|[\w$\u0080-\uffff]+/.source
const creation = new RegExp(
  `create\\s+extension\\s+(if\\s+not\\s+exists\\s+)?(${NAME}|'[^']+')(?:\\s+with)?` +
    `(?:\\s+schema\\s+(${NAME}))?(?:\\s+version\\s+(${NAME}|'[^']*'))?(?:\\s+cascade)?(?=\\s*(?:;|$))`,
  'gi',
)
const whole = new RegExp(`^${creation.source}$`, 'i')

/** The statement that has the same effect where it is to run. */
export function onPlatform(sql: string, { platform, database }: Place): string {
  if (/^alter\s+database\s+"?postgres"?\s/i.test(sql))
    return sql.replace(/^alter\s+database\s+"?postgres"?/i, `alter database "${database}"`)
  if (!platform) return movedPgtap(sql)
  if (whole.test(sql)) return `do $platform$ begin perform ${created(sql)}; end $platform$`
  if (/^create\s+event\s+trigger\b/i.test(sql))
    return `do $platform$ begin perform pg_platform.create_event_trigger(${quoted(sql)}); end $platform$`
  // In a block such as `do $$ begin create extension if not exists pg_cron; exception … end $$`.
  if (/^do\b/i.test(sql)) return sql.replace(creation, (statement) => `perform ${created(statement)}`)
  return sql
}

/**
 * pgTAP is there. A file that creates it without `if not exists` was written for where it is not: for that file it is moved
 * to the schema where it would have been created.
 */
function movedPgtap(sql: string): string {
  const [, ifNotExists, name, schema] = whole.exec(sql) ?? []
  if (name === undefined || ifNotExists !== undefined || nameOf(name) !== 'pgtap') return sql
  if (schema !== undefined) return `alter extension pgtap set schema ${schema}`
  return `do $$ begin execute format('alter extension pgtap set schema %I', current_schema()); end $$`
}

function created(statement: string): string {
  const [, ifNotExists, name = '', schema, version] = whole.exec(statement.trim()) ?? []
  const given = [
    quoted(nameOf(name)),
    ifNotExists === undefined ? 'false' : 'true',
    schema === undefined ? 'null' : quoted(nameOf(schema)),
    'current_schema()',
    version === undefined ? 'null' : quoted(nameOf(version)),
  ]
  return `pg_platform.create_extension(${given.join(', ')})`
}

/** What a name in SQL stands for: as it is in quotes, else in lower case. */
function nameOf(written: string): string {
  if (written.startsWith('"')) return written.slice(1, -1).replaceAll('""', '"')
  return written.startsWith("'") ? written.slice(1, -1) : written.toLowerCase()
}

function quoted(text: string): string {
  return `$q$${text}$q$`
}
