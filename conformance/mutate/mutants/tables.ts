/** Faults of what tables hold to: constraints, defaults, indexes, triggers; and of what views show. */
import type { Session } from '../../engines/index.ts'
import { edited, type Kind } from '../mutant.ts'
import { type CatalogChange, changesBy, OWN, textOf } from './catalog.ts'
import { conditionProposals } from './conditions.ts'
import { queryProposals } from './queries.ts'
import { signProposals } from './signs.ts'
import { valueProposals } from './values.ts'
import { Words } from './words.ts'

/** All of them. */
export async function tableChanges(session: Session): Promise<CatalogChange[]> {
  return [
    ...(await columnChanges(session)),
    ...(await constraintChanges(session)),
    ...(await indexChanges(session)),
    ...(await triggerChanges(session)),
    ...(await viewChanges(session)),
  ]
}

async function columnChanges(session: Session): Promise<CatalogChange[]> {
  const rows = await session.query(`
    select c.oid::regclass::text as "table", attname as name, quote_ident(attname) as quoted, attnotnull, pg_get_expr(adbin, adrelid) as value,
      exists (select from pg_index where indrelid = c.oid and indisprimary and attnum = any (indkey)) as is_key
    from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace join pg_attribute on attrelid = c.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = c.oid and adnum = attnum
    where nspname ${OWN} and relkind in ('r', 'p') and attgenerated = '' order by 1, attnum`)
  return rows.flatMap((row) => {
    const about = { object: `table ${row['table']}`, name: textOf(row, 'name') }
    const alter = `alter table ${row['table']} alter column ${row['quoted']}`
    const { value } = row
    const other = value && otherDefault(value)
    return [
      ...(row['attnotnull'] === 't' && row['is_key'] === 'f'
        ? [{ ...about, kind: 'not null' as Kind, script: `${alter} drop not null` }]
        : []),
      ...(value
        ? [
            {
              ...about,
              kind: 'default' as Kind,
              before: `${row['name']} default ${value}`,
              after: `${row['name']}`,
              script: `${alter} drop default`,
            },
          ]
        : []),
      ...(other
        ? [
            {
              ...about,
              kind: 'default' as Kind,
              before: `${row['name']} default ${value}`,
              after: `${row['name']} default ${other}`,
              script: `${alter} set default ${other}`,
            },
          ]
        : []),
    ]
  })
}

function otherDefault(value: string): string | undefined {
  if (value === 'true' || value === 'false') return value === 'true' ? 'false' : 'true'
  if (/^\d+(\.\d+)?$/.test(value)) return `${value} + 1`
  if (value === 'now()') return "now() + interval '1 day'"
  return undefined
}

const CONSTRAINTS: Readonly<Record<string, Kind>> = {
  c: 'check',
  u: 'unique',
  p: 'unique',
  x: 'unique',
  f: 'foreign key',
}

async function constraintChanges(session: Session): Promise<CatalogChange[]> {
  const rows = await session.query(`
    select conrelid::regclass::text as "table", conname as name, quote_ident(conname) as quoted, contype, pg_get_constraintdef(k.oid) as definition
    from pg_constraint as k join pg_class as c on c.oid = conrelid join pg_namespace on pg_namespace.oid = relnamespace
    where nspname ${OWN} and contype in ('c', 'u', 'p', 'x', 'f') and conislocal order by 1, 2`)
  const changes: CatalogChange[] = []
  for (const row of rows) {
    const kind = CONSTRAINTS[textOf(row, 'contype')] ?? 'check'
    const definition = textOf(row, 'definition')
    const about = {
      kind,
      object: `table ${row['table']}`,
      name: textOf(row, 'name'),
      before: `constraint ${row['name']} ${definition}`,
    }
    const drop = `alter table ${row['table']} drop constraint ${row['quoted']}`
    changes.push({ ...about, after: '', script: `${drop} cascade` })
    const put = (by: string): CatalogChange => ({
      ...about,
      after: `constraint ${row['name']} ${by}`,
      script: `${drop}; alter table ${row['table']} add constraint ${row['quoted']} ${by.replace(/ NOT VALID$/, '')} not valid`,
    })
    if (kind === 'foreign key' && !/ON DELETE/.test(definition))
      changes.push(
        put(
          definition
            .replace(/( NOT VALID)?$/, ' ON DELETE CASCADE$1')
            .replace(/( DEFERRABLE.*?)( ON DELETE CASCADE)/, '$2$1'),
        ),
      )
    if (kind !== 'check') continue
    const words = await Words.of(definition)
    const proposals = [...signProposals(words), ...conditionProposals(words), ...valueProposals(words)]
    for (const proposal of proposals) changes.push(put(edited(definition, proposal)))
  }
  return changes
}

const indexChanges = (session: Session) =>
  changesBy(
    session,
    `select indexrelid::regclass::text as index, i.relname as name, indrelid::regclass::text as "table", indisunique, pg_get_indexdef(indexrelid) as definition
     from pg_index join pg_class as i on i.oid = indexrelid join pg_namespace on pg_namespace.oid = i.relnamespace
     where nspname ${OWN} and not exists (select from pg_constraint where conindid = indexrelid) order by 1`,
    (row) => {
      const unique = row['indisunique'] === 't'
      const about = {
        kind: (unique ? 'unique' : 'index') as Kind,
        object: `table ${row['table']}`,
        name: textOf(row, 'name'),
        before: textOf(row, 'definition'),
      }
      return [{ ...about, after: '', script: `drop index ${row['index']}` }]
    },
  )

const triggerChanges = (session: Session) =>
  changesBy(
    session,
    `select tgname as name, quote_ident(tgname) as quoted, tgrelid::regclass::text as "table", pg_get_triggerdef(t.oid) as definition
     from pg_trigger as t join pg_class as c on c.oid = tgrelid join pg_namespace on pg_namespace.oid = relnamespace
     where nspname ${OWN} and not tgisinternal order by 3, 1`,
    (row) => {
      const [definition, quoted, table] = [
        textOf(row, 'definition'),
        textOf(row, 'quoted'),
        textOf(row, 'table'),
      ]
      const about = {
        kind: 'trigger' as Kind,
        object: `table ${table}`,
        name: textOf(row, 'name'),
        before: definition,
      }
      const instead = (after: string): CatalogChange[] =>
        after === definition
          ? []
          : [{ ...about, after, script: `drop trigger ${quoted} on ${table}; ${after}` }]
      const events = /(?:BEFORE|AFTER) (.*?) ON /.exec(definition)?.[1]?.split(' OR ') ?? []
      return [
        { ...about, after: '', script: `drop trigger ${quoted} on ${table}` },
        { ...about, after: 'disabled', script: `alter table ${table} disable trigger ${quoted}` },
        ...['zz_', '_000_'].map((first) => ({
          ...about,
          after: `named ${first}${row['name']}`,
          script: `alter trigger ${quoted} on ${table} rename to "${`${first}${row['name']}`.slice(0, 63)}"`,
        })),
        ...(events.length > 1
          ? events.flatMap((event) =>
              instead(
                definition.replace(
                  /(BEFORE|AFTER) .*? ON /,
                  `$1 ${events.filter((one) => one !== event).join(' OR ')} ON `,
                ),
              ),
            )
          : []),
        ...instead(definition.replace(' BEFORE ', ' AFTER ')),
        ...instead(
          /CONSTRAINT TRIGGER/.test(definition) ? definition : definition.replace(' AFTER ', ' BEFORE '),
        ),
        ...instead(definition.replace('INITIALLY DEFERRED', 'INITIALLY IMMEDIATE')),
        ...instead(definition.replace(/ WHEN \(.*\) EXECUTE/s, ' EXECUTE')),
      ]
    },
  )

async function viewChanges(session: Session): Promise<CatalogChange[]> {
  const rows = await session.query(`
    select c.oid::regclass::text as view, relname as name, pg_get_viewdef(c.oid) as definition, array_to_string(reloptions, ', ') as options
    from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace where nspname ${OWN} and relkind = 'v' order by 1`)
  const changes: CatalogChange[] = []
  for (const row of rows) {
    const definition = textOf(row, 'definition').trim().replace(/;$/, '')
    const words = await Words.of(definition)
    const proposals = [
      ...signProposals(words),
      ...conditionProposals(words),
      ...valueProposals(words),
      ...queryProposals(words),
    ]
    const head = `create or replace view ${row['view']}${row['options'] ? ` with (${row['options']})` : ''} as`
    for (const proposal of proposals) {
      const after = edited(definition, proposal)
      changes.push({
        kind: proposal.kind,
        object: `view ${row['view']}`,
        name: textOf(row, 'name'),
        before: definition,
        after,
        script: `${head} ${after}`,
      })
    }
  }
  const seen = new Set<string>()
  return changes.filter(({ script }) => !seen.has(script) && seen.add(script))
}
