/** Tables, and what has to be there with each. */
import { accessOf, concerns, defaultAccessOf, names } from '../access.ts'
import { schemaOf } from '../names.ts'
import type { Placed } from '../placed.ts'
import type { Rule } from '../rule.ts'
import type { Script } from '../script.ts'
import type { Table } from '../table.ts'

type MadeTable = Table & { readonly made: Placed }

function madeTables({ made }: Script): MadeTable[] {
  return [...made.tables.values()].filter(
    (table): table is MadeTable => table.made !== undefined && schemaOf(table.name) !== 'pg_temp',
  )
}

/** Row level security is on. */
export const tablesHaveRowLevelSecurity: Rule = {
  id: 'tables-have-row-level-security',
  title: 'every table has row level security',
  looksFor:
    'a table that no statement of the folder enables row level security on, or whose last such statement disables it',
  hint: 'Add `alter table … enable row level security` right after the table.',
  concerns: 'state',
  judge: (script) =>
    madeTables(script)
      .filter(({ hasRowSecurity }) => !hasRowSecurity)
      .filter(({ name }) => !mayEnable(script, name))
      .map(({ name, made: at }) => ({
        at,
        objects: [name],
        reason: 'Whoever may read or write the table at all may do so with every row.',
      })),
}

/** Whether SQL that is made while it runs, and names the table, enables it. */
function mayEnable({ dynamic }: Script, table: string): boolean {
  const bare = table.slice(table.indexOf('.') + 1)
  return dynamic.some(
    ({ within, text }) =>
      within === 'do' &&
      /\benable\s+row\s+level\s+security\b/i.test(text) &&
      new RegExp(`(?<!\\w)${bare.replaceAll('$', '\\$')}(?!\\w)`).test(text),
  )
}

/** Foreign keys can be looked up. */
export const foreignKeysAreIndexed: Rule = {
  id: 'foreign-keys-are-indexed',
  title: 'every foreign key has an index on its columns',
  looksFor:
    'a foreign key whose columns no index, primary key or unique constraint of the folder begins with',
  hint: 'Create an index on these columns: each delete in the other table reads the whole of this one.',
  concerns: 'state',
  judge: ({ made }) =>
    [...made.tables.values()].flatMap(({ name, foreignKeys, indexes }) =>
      foreignKeys
        .filter(({ columns }) => !indexes.some((index) => begins(index.columns, columns)))
        .map(({ at, columns }) => ({
          at,
          objects: [`${name} (${columns.join(', ')})`],
          reason: 'No index begins with the columns of this foreign key.',
        })),
    ),
}

function begins(index: readonly string[], columns: readonly string[]): boolean {
  const first = index.slice(0, columns.length)
  return first.length === columns.length && columns.every((column) => first.includes(column))
}

/** TRUNCATE, which no policy stops, is nobody’s. */
export const truncateIsNotLeft: Rule = {
  id: 'truncate-is-not-left',
  title: 'neither anon nor authenticated may TRUNCATE a table',
  looksFor:
    'a table of schema public, where Supabase grants TRUNCATE by itself, without a revoke from anon and authenticated; and `grant truncate`',
  hint: 'Add `revoke all on … from anon, authenticated` right after the table, then grant what they need.',
  concerns: 'state',
  judge: (script) =>
    madeTables(script).flatMap(({ name, formerly, made: at }) => {
      const left = truncators(script, [name, ...formerly], at)
      return [...new Set(left.values())].map((given) => {
        const roles = [...left].filter(([, by]) => by === given).map(([role]) => role)
        const reason = `${roles.join(' and ')} may TRUNCATE it, which row level security does not stop.`
        return { at: given, objects: [name], reason }
      })
    }),
}

/** Who may, and by which statement. */
function truncators({ statements }: Script, called: readonly string[], made: Placed): Map<string, Placed> {
  const isPublic = called.some((name) => schemaOf(name) === 'public')
  const may = new Map(isPublic ? ['anon', 'authenticated'].map((role) => [role, made]) : [])
  for (const at of statements) {
    const byDefault = at.order < made.order ? defaultAccessOf(at) : undefined
    const access = byDefault ?? (at.order > made.order ? accessOf(at) : undefined)
    if (access?.kind !== 'OBJECT_TABLE' || !names(access, 'truncate')) continue
    const isMeant = called.some((name) =>
      byDefault ? byDefault.schemas.includes(schemaOf(name)) : concerns(access, name),
    )
    if (!isMeant) continue
    for (const role of access.roles)
      if (!access.isGrant) may.delete(role)
      else if (['anon', 'authenticated', 'public'].includes(role)) may.set(role, byDefault ? made : at)
  }
  return may
}
