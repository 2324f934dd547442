/** Which migrations of this checkout a database holds, by what they create and by the history of the Supabase CLI. */
import { type Migration, migrations, type Session } from '../engines/index.ts'
import { type Finding, failed, finding } from '../report/index.ts'
import { ABOUT_FOREIGN_TABLES, type ForeignPolicy, foreignPolicies, foreignTables } from './foreign.ts'

/** How far a database is migrated. */
export interface MigrationState {
  /** How many of the files of this checkout are applied, whole and one after the other from the first on. */
  readonly applied: number
  /** Fails when a file is applied in part, or is missing although a later one is there: no version ever looked like that. */
  readonly incomplete?: Finding
  /**
   * What whoever runs the nine checks should know besides: that nothing was applied, or not all of it, or more than this
   * checkout knows, or that what is there is somebody else's. Sentences that say what to do.
   */
  readonly remarks: readonly string[]
}

/** How far the database is migrated, judged by what it holds. */
export async function migrationState(session: Session): Promise<MigrationState> {
  const foreign = await foreignTables(session)
  const there = await objectsOf(session)
  for (const { table } of foreign) there.delete(`table ${table}`)
  const history = await historyOf(session)
  const states = landmarks(migrations()).map(({ name, objects }) => ({
    name,
    objects,
    missing: objects.filter((object) => !there.has(object)),
  }))
  // A file that creates nothing counts as applied with those before it.
  const applied = states.findIndex(({ missing }) => missing.length > 0)
  const count = applied < 0 ? states.length : applied
  const ofOthers = [...(await beingAdopted(session)), ...(await foreignPolicies(session)).map(policySentence)]
  if (foreign.length > 0)
    return remarking(count, [
      ...foreign.map(
        ({ table, differences }) =>
          `Table ${table} is not the product's, only its name is: ${differences.join('; ')}.`,
      ),
      // Whatever was applied around them does not work; to run it again would not help.
      ...states
        .filter(({ objects, missing }) => missing.length < objects.length)
        .map(
          ({ name, missing }) =>
            `${name} was applied ${missing.length === 0 ? 'beside' : 'in part beside'} ${foreign.length > 1 ? 'them' : 'it'}, and does not work so.`,
        ),
      ABOUT_FOREIGN_TABLES,
      ...ofOthers,
      ...newer(history),
    ])
  if (states.every(({ objects, missing }) => missing.length === objects.length))
    return remarking(0, [
      ...ofOthers,
      'Nothing of phase 1 is in this database: apply the migrations first, with `supabase db push` or `psql -f`.',
      ...newer(history),
    ])
  const last = states.findLastIndex(({ objects, missing }) => missing.length < objects.length)
  const torn = states.slice(0, last + 1).filter(({ missing }) => missing.length > 0)
  const pending = states.slice(last + 1).filter(({ missing }) => missing.length > 0)
  const incomplete = torn.length === 0 ? {} : { incomplete: tornApart(torn) }
  const remarks = [
    ...pending.map((state) => notApplied(state, history)),
    ...ofOthers,
    ...newer(history),
    ...(history.refused
      ? [
          'The history of migrations was not read: that takes usage on schema supabase_migrations and select on its table schema_migrations.',
        ]
      : []),
  ]
  return { applied: count, remarks, ...incomplete }
}

const remarking = (applied: number, remarks: readonly string[]): MigrationState => ({ applied, remarks })

type State = Landmarks & { readonly missing: readonly string[] }

function tornApart(states: readonly State[]): Finding {
  const about = {
    id: 'phase1/migrations',
    title: 'No migration is applied in part, and none is missing before another',
    group: 'phase 1',
  }
  const lines = states.map(({ name, objects, missing }) =>
    missing.length === objects.length
      ? `${name} is not applied`
      : `${name} is applied in part: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing`,
  )
  return finding(
    about,
    failed({
      have: lines.join('\n'),
      want: 'every file before the last one that is applied, whole: run the files again, which is safe',
    }),
  )
}

interface Landmarks {
  readonly name: string
  readonly objects: readonly string[]
}

interface History {
  /** Versions that concern the schema, as the CLI has noted them; empty where it was not used. */
  readonly versions: readonly string[]
  readonly refused: boolean
}

/** What each migration is the first to create: `table e2b_pricing`, `function calculate_e2b_cost`. */
function landmarks(files: readonly Migration[]): Landmarks[] {
  const seen = new Set<string>()
  return files.map(({ name, sql }) => {
    const created = [
      ...sql.matchAll(
        /^ *create (?:or replace )?(table|view|function)(?: if not exists)? copilot_internal\.(\w+)/gm,
      ),
    ].map(([, kind, object]) => `${kind} ${object}`)
    const objects = [...new Set(created)].filter((object) => !seen.has(object))
    for (const object of objects) seen.add(object)
    return { name, objects }
  })
}

function notApplied({ name }: State, { versions }: History): string {
  if (versions.some((version) => name.startsWith(`${version}_`)))
    return `${name} is noted as applied, but nothing of it is there: run the file again, which is safe.`
  return `${name} is not applied: \`supabase db push\` does it.`
}

function newer({ versions }: History): string[] {
  const known = migrations().map(({ name }) => name)
  const unknown = versions.filter((version) => !known.some((name) => name.startsWith(`${version}_`)))
  const last = known.at(-1) ?? ''
  const later = unknown.filter((version) => version > last)
  return later.length === 0
    ? []
    : [
        `The database is newer than this checkout, which does not know ${later.join(', ')}: update the checkout; what they add is not judged.`,
      ]
}

async function objectsOf(session: Session): Promise<Set<string | null | undefined>> {
  const rows = await session.query(
    `select case c.relkind when 'v' then 'view ' else 'table ' end || c.relname as object from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where n.nspname = 'copilot_internal' and c.relkind in ('r', 'p', 'v')
     union all
     select 'function ' || p.proname from pg_catalog.pg_proc as p
     join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
     where n.nspname = 'copilot_internal'`,
  )
  return new Set(rows.map(({ object }) => object))
}

/** Tables that the migrations have set aside, and have not carried over yet. */
async function beingAdopted(session: Session): Promise<string[]> {
  const rows = await session.query(
    `select c.relname as name from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where n.nspname = 'copilot_adoption' and c.relkind in ('r', 'p') order by 1`,
  )
  return rows.length === 0
    ? []
    : [
        `Schema copilot_adoption holds rows that are still to be carried over, of ${rows.map(({ name }) => name).join(', ')}: apply the migrations to their end.`,
      ]
}

function policySentence({ table, policy, does }: ForeignPolicy): string {
  return `Policy ${policy} on ${table} is not the product's: it ${does}. If nobody needs it: drop policy ${policy} on copilot_internal.${table}.`
}

async function historyOf(session: Session): Promise<History> {
  const [table] = await session.query(
    `select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
     from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations'`,
  )
  if (table?.['readable'] !== 't') return { versions: [], refused: table !== undefined }
  // A project has migrations of its own there; where the statements were not kept, none can be told from ours.
  const rows = await session.query(
    `select version from supabase_migrations.schema_migrations as noted
     where coalesce(to_jsonb(noted) ->> 'statements', 'copilot_internal') like '%copilot_internal%' order by 1`,
  )
  return { versions: rows.map(({ version }) => version ?? ''), refused: false }
}
