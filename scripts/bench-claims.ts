/** `npm run bench:claims`: what a thousand claims on a catalog cost, ours from outside and pgTAP's inside the database. */
import { Command, Option } from 'commander'
import { Bench } from 'tinybench'
import { asText, engineNamed, engines, type Session } from '../conformance/engines/index.ts'
import { callPgtap, type PgtapArgument } from '../conformance/pgtap/index.ts'
import { runVerb, say } from './verb.ts'

const SCHEMA = 'copilot_internal'
const CLAIMS = 1_000
const ROUNDS = 12
const known = engines.filter(({ lacks }) => !lacks.pgtap).map(({ name }) => name)

const command = new Command('bench:claims')
  .description(
    `Measure ${CLAIMS} claims on the catalog, the same ones by pgTAP and by ours, in milliseconds.`,
  )
  .addOption(new Option('--engine <name>', 'where').choices(known).default('embedded-17'))
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText('after', '\nExit status: 0 ours take no longer, 1 they do, 2 it could not be measured.')

/** A call of a pgTAP function. */
interface Call {
  readonly name: string
  readonly args: readonly PgtapArgument[]
}

await runVerb(command, async ({ engine: name, json = false }: { engine: string; json?: boolean }) => {
  const engine = await engineNamed(name).start()
  try {
    const session = await (await engine.open({ pgtap: true })).connect()
    const calls = await claims(session)
    await mustHold(session, calls)
    const figures = await measured(session, calls)
    process.stdout.write(
      json ? `${JSON.stringify({ engine: name, claims: CLAIMS, figures }, null, 2)}\n` : table(figures),
    )
    const [ours = Number.POSITIVE_INFINITY, ...theirs] = figures.map(({ medianMs }) => medianMs)
    return ours <= Math.min(...theirs)
  } finally {
    await engine.stop()
  }
})

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

interface Figure {
  readonly way: string
  readonly medianMs: number
}

async function measured(session: Session, calls: readonly Call[]): Promise<Figure[]> {
  const together = `select count(*) from unnest(array[${calls.map(inSql).join(', ')}]) as t`
  const inBlock = `do $bench$ begin ${calls.map((call) => `perform ${inSql(call)};`).join('\n')} end $bench$`
  return [
    await median('ours, one statement a claim', () =>
      planned(session, async () => {
        for (const { name, args } of calls) await callPgtap(session, name, args)
      }),
    ),
    await median('pgTAP, one statement a claim', () =>
      planned(session, async () => {
        for (const call of calls) await session.query(`select ${inSql(call)}`)
      }),
    ),
    await median('pgTAP, all claims in one statement', () => planned(session, () => session.query(together))),
    await median('pgTAP, all claims in one block of PL/pgSQL', () =>
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

async function median(way: string, run: () => Promise<void>): Promise<Figure> {
  say(`Measuring ${way} …`)
  const bench = new Bench({ iterations: ROUNDS, time: 0, warmupIterations: 2, warmupTime: 0, throws: true })
  // Written as async: of any other function the library makes a call of its own first, to see what it returns.
  bench.add(way, async () => await run())
  const [task] = await bench.run()
  const result = task?.result
  if (!result || !('latency' in result)) throw new Error(`${way} was not measured.`)
  return { way, medianMs: result.latency.p50 }
}

function table(figures: readonly Figure[]): string {
  const lines = figures.map(({ way, medianMs }) => `${medianMs.toFixed(1).padStart(9)} ms  ${way}\n`)
  return `   median      ${CLAIMS} claims, ${ROUNDS} rounds\n${lines.join('')}`
}
