/** What a thousand claims on a catalog cost, ours from outside and pgTAP's inside the database. */
import { asText, type Session } from '../engines/index.ts'
import { callPgtap, type PgtapArgument } from '../pgtap/index.ts'
import { type Figure, median, type Say } from './median.ts'

const SCHEMA = 'copilot_internal'
/** How many claims are measured at once. */
export const CLAIMS = 1_000
const ROUNDS = 12

/** A call of a pgTAP function. */
interface Call {
  readonly name: string
  readonly args: readonly PgtapArgument[]
}

/** A thousand claims on the schema, of all families, over and over until there are enough. */
async function claims(session: Session): Promise<Call[]> {
  const calls = [
    ...(await onRelations(session)),
    ...(await onParts(session)),
    ...(await onFunctions(session)),
  ]
  return Array.from({ length: CLAIMS }, (_, i) => calls[i % calls.length] as Call)
}

function name(value: string | null | undefined): PgtapArgument {
  return { type: 'name', value: value ?? '' }
}

function text(value: string | null | undefined): PgtapArgument {
  return { type: 'text', value: value ?? '' }
}

/** Of names with bars between them. */
function names(value: string | null | undefined): PgtapArgument {
  return { type: 'name[]', value: (value ?? '').split('|').filter(Boolean) }
}

async function onRelations(session: Session): Promise<Call[]> {
  const rows = await session.query(
    `select c.relname as name, c.relkind = 'v' as is_view, string_agg(a.attname, '|') as columns,
            min(a.attname) as some, c.relowner::regrole as owner
     from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'v') group by c.oid order by 1`,
    [SCHEMA],
  )
  return rows.flatMap((row) => {
    const relation = [name(SCHEMA), name(row['name'])]
    return [
      { name: row['is_view'] === 't' ? 'has_view' : 'has_table', args: relation },
      { name: 'hasnt_sequence', args: [...relation, text('no sequence')] },
      { name: 'columns_are', args: [...relation, names(row['columns'])] },
      { name: 'has_column', args: [...relation, name(row['some']), text('a column')] },
      { name: 'relation_owner_is', args: [...relation, name(row['owner'])] },
      { name: 'table_privs_are', args: [...relation, name('anon'), names('')] },
    ]
  })
}

async function onParts(session: Session): Promise<Call[]> {
  const rows = await session.query(
    `select c.relname as name, a.attname as "column", format_type(a.atttypid, a.atttypmod) as type, x.relname as index,
            (select string_agg(p.polname, '|') from pg_policy as p where p.polrelid = c.oid) as policies,
            (select string_agg(a.attname, '|' order by n) from unnest(i.indkey) with ordinality as k (attnum, n)
             join pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum) as key
     from pg_class as c
     join pg_index as i on i.indrelid = c.oid and i.indisprimary
     join pg_class as x on x.oid = i.indexrelid
     join pg_attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[0]
     where c.relnamespace = $1::regnamespace order by 1`,
    [SCHEMA],
  )
  return rows.flatMap((row) => {
    const table = [name(SCHEMA), name(row['name'])]
    return [
      { name: 'col_type_is', args: [...table, name(row['column']), text(row['type'])] },
      { name: 'col_not_null', args: [...table, name(row['column'])] },
      { name: 'col_is_pk', args: [...table, names(row['key'])] },
      { name: 'index_is_unique', args: [...table, name(row['index'])] },
      { name: 'policies_are', args: [...table, names(row['policies'])] },
      { name: 'hasnt_trigger', args: [...table, name('no_trigger')] },
    ]
  })
}

async function onFunctions(session: Session): Promise<Call[]> {
  const rows = await session.query(
    `select proname as name, array_to_string(proargtypes::regtype[], '|') as types, l.lanname as language,
            case when proretset then 'setof ' else '' end || prorettype::regtype as returns
     from pg_proc as p join pg_language as l on l.oid = p.prolang where pronamespace = $1::regnamespace order by 1`,
    [SCHEMA],
  )
  return rows.flatMap((row) => {
    const fn = [name(SCHEMA), name(row['name']), names(row['types'])]
    return [
      { name: 'has_function', args: fn },
      { name: 'function_lang_is', args: [...fn, name(row['language'])] },
      { name: 'function_returns', args: [...fn, text(row['returns'])] },
      { name: 'isnt_definer', args: fn },
      { name: 'function_privs_are', args: [...fn, name('anon'), names('')] },
    ]
  })
}

/** A figure of claims that fail would be of other work. Throws when one does, on either side. */
async function mustHold(session: Session, calls: readonly Call[]): Promise<void> {
  await planned(session, async () => {
    for (const call of calls) {
      const ours = await callPgtap(session, call.name, call.args)
      const [row] = await session.query(`select ${inSql(call)} as tap`)
      if (!ours.ok || !row?.['tap']?.startsWith('ok')) throw new Error(`${inSql(call)} does not hold.`)
    }
  })
}

/** What the same claims take by each way, in milliseconds. Throws when one of them does not hold. */
export async function claimCosts(session: Session, say: Say): Promise<Figure[]> {
  const calls = await claims(session)
  await mustHold(session, calls)
  const measure = (way: string, run: () => Promise<unknown>) => median(way, ROUNDS, run, { say })
  const together = `select count(*) from unnest(array[${calls.map(inSql).join(', ')}]) as t`
  const inBlock = `do $bench$ begin ${calls.map((call) => `perform ${inSql(call)};`).join('\n')} end $bench$`
  return [
    await measure('ours, one statement a claim', () =>
      planned(session, async () => {
        for (const { name, args } of calls) await callPgtap(session, name, args)
      }),
    ),
    await measure('pgTAP, one statement a claim', () =>
      planned(session, async () => {
        for (const call of calls) await session.query(`select ${inSql(call)}`)
      }),
    ),
    await measure('pgTAP, all claims in one statement', () =>
      planned(session, () => session.query(together)),
    ),
    await measure('pgTAP, all claims in one block of PL/pgSQL', () =>
      planned(session, () => session.query(inBlock)),
    ),
  ]
}

/** A transaction with a plan, which is what pgTAP needs; taken back. */
async function planned(session: Session, work: () => Promise<unknown>): Promise<void> {
  await session.query('begin')
  await session.query('select * from no_plan()')
  await work()
  await session.query('rollback')
}

function inSql({ name, args }: Call): string {
  const literals = args.map(({ type, value }) => `'${(asText(value) ?? '').replaceAll("'", "''")}'::${type}`)
  return `extensions.${name}(${literals.join(', ')})`
}
