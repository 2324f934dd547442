/** What stands in the schema under the product's names and is not the product's: tables of another shape, and policies. */

import { type DatedFact, history } from '../catalog/index.ts'
import type { Session } from '../engines/index.ts'

/** A table, or what else has a table's name, that is somebody else's. */
export interface ForeignTable {
  readonly table: string
  /** In what it differs from the product's: never empty. */
  readonly differences: readonly string[]
}

/** A policy on a table of the product's that is not the product's. */
export interface ForeignPolicy {
  readonly table: string
  readonly policy: string
  /** What it does: `opens select to authenticated where true`. */
  readonly does: string
  /** Whether it shows rows to whoever sends requests, besides those that the product's policies show. */
  readonly opens: boolean
}

/** What to do about tables that are somebody else's. Never to run the files again: they do not change what is not theirs. */
export const ABOUT_FOREIGN_TABLES =
  '20260103000001_cost_tracking_foundation.sql, the first migration, carries over the shapes that it knows, with every row, and refuses all others before it changes anything; or move the table to another schema with `alter table … set schema …`.'

/**
 * Tables that have names of the product's and are somebody else's: columns of ours are missing or of another type, and fewer
 * than half of the named constraints are there that ours are created with. A table of ours that was changed by hand keeps most.
 */
export async function foreignTables(session: Session): Promise<ForeignTable[]> {
  const ours = tablesIn(history())
  const rows = await session.query(
    `select c.relname as table, c.relkind as kind, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
     from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = 'copilot_internal' and c.relname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
     order by c.relname, a.attnum`,
    [[...ours.keys()]],
  )
  const constraints = await session.query(
    `select c.relname as table, k.conname as constraint
     from pg_catalog.pg_constraint as k
     join pg_catalog.pg_class as c on c.oid = k.conrelid
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where n.nspname = 'copilot_internal'`,
  )
  return [...ours].flatMap(([table, { columns, constraints: named }]) => {
    const own = rows.filter((row) => row['table'] === table)
    const kind = own[0]?.['kind']
    if (!kind) return []
    if (kind !== 'r' && kind !== 'p') return [{ table, differences: ['it is no table'] }]
    const there = new Map(own.map(({ column, type }) => [column ?? '', type ?? '']))
    const lacking = [...columns].flatMap(([column, type]) => {
      const have = there.get(column)
      if (have === undefined) return [`column ${column} (${type}) is missing`]
      return have === type ? [] : [`column ${column} is ${have} instead of ${type}`]
    })
    if (lacking.length === 0) return []
    const names = constraints.flatMap((row) => (row['table'] === table ? [row['constraint']] : []))
    if (named.filter((name) => names.includes(name)).length * 2 >= named.length) return []
    const others = [...there].filter(([column]) => column && !columns.has(column))
    return [
      {
        table,
        differences: [
          ...lacking,
          ...others.map(([column, type]) => `column ${column} (${type}) is none of ours`),
        ],
      },
    ]
  })
}

/** Policies on tables of the product's that no migration has made. */
export async function foreignPolicies(session: Session): Promise<ForeignPolicy[]> {
  const facts = history()
  const ours = facts.flatMap(({ object, fact }) => {
    const policy = /^policy (.+): definition$/.exec(fact)?.[1]
    return policy ? [`${object.replace('relation ', '')}.${policy}`] : []
  })
  const rows = await session.query(
    `select tablename as table, policyname as policy,
            concat_ws(' ', case permissive when 'PERMISSIVE' then 'opens' else 'restricts' end, lower(cmd), 'to', array_to_string(roles, ', '),
                      'where ' || qual, 'with check ' || with_check) as does,
            permissive = 'PERMISSIVE' and cmd in ('SELECT', 'ALL') and roles && '{public,anon,authenticated}' as opens
     from pg_catalog.pg_policies
     where schemaname = 'copilot_internal' and tablename = any ($1) and not tablename || '.' || policyname = any ($2)
     order by 1, 2`,
    [[...tablesIn(facts).keys()], ours],
  )
  return rows.map(({ table, policy, does, opens }) => ({
    table: table ?? '',
    policy: policy ?? '',
    does: (does ?? '').replace(/\s+/g, ' '),
    opens: opens === 't',
  }))
}

interface Shape {
  /** Column → type, as created. */
  readonly columns: ReadonlyMap<string, string>
  readonly constraints: readonly string[]
}

/** The tables of the product, as the migrations that create them leave them. */
function tablesIn(facts: readonly DatedFact[]): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const { object, fact, value, since } of facts) {
    if (fact !== 'definition' || value !== 'table') continue
    const own = facts.filter((each) => each.object === object && each.since === since)
    const named = (kind: string) =>
      own.flatMap((each) => {
        const name = new RegExp(`^${kind} (.+): definition$`).exec(each.fact)?.[1]
        return name ? [[name, typeIn(each.value ?? '')] as const] : []
      })
    shapes.set(object.replace('relation ', ''), {
      columns: new Map(named('column')),
      constraints: named('constraint').map(([name]) => name),
    })
  }
  return shapes
}

/** A column's type, without what else its definition says. */
function typeIn(definition: string): string {
  return definition.replace(/ (not null|default|collation|generated)\b.*$/s, '')
}
