/** Usage of any size to measure on: the month of `npm run usage`, once or several times over, in the order of its time. */
import type { Session } from '../engines/index.ts'
import { loadRecords } from '../usage/index.ts'
import type { Say } from './median.ts'

/** So many come from the generator; more are copies of them, a minute apart. */
const GENERATED = 1_000_000
const TABLES = ['llm_cost_records', 'e2b_cost_records'] as const

/** Fills an empty database; beyond a million, with whole millions. */
export async function loadUsage(session: Session, records: number, say: Say): Promise<void> {
  say(`Making ${records} records …`)
  await withoutTriggers(session, async () => {
    await loadRecords(session, Math.min(records, GENERATED))
    const times = Math.ceil(records / GENERATED)
    if (times > 1) for (const table of TABLES) await multiply(session, table, times)
  })
}

/** Loads with the triggers of the records off, as the generator's rows are exact and their checks take long; then gathers statistics. */
export async function withoutTriggers(session: Session, load: () => Promise<unknown>): Promise<void> {
  for (const table of TABLES)
    await session.query(`alter table copilot_internal.${table} disable trigger user`)
  await load()
  for (const table of TABLES) {
    await session.query(`alter table copilot_internal.${table} enable trigger user`)
    await session.query(`vacuum (analyze) copilot_internal.${table}`)
  }
}

/** Rows as they would have come, one after the other; indexes are made when all of them are there. */
async function multiply(session: Session, table: string, times: number): Promise<void> {
  const [columns] = await session.query(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_catalog.pg_attribute
     where attrelid = 'copilot_internal.${table}'::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'recorded_at')`,
  )
  const names = columns?.['names']
  const indexes = await session.query(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_catalog.pg_index
     where indrelid = 'copilot_internal.${table}'::regclass and not indisprimary`,
  )
  for (const { name } of indexes) await session.query(`drop index ${name}`)
  await session.query(
    `create unlogged table public.multiplied as
     select recorded_at + n * interval '61 seconds' as recorded_at, gen_random_uuid() as id, ${names}
     from copilot_internal.${table} cross join generate_series(0, ${times - 1}) as n`,
  )
  await session.query(`truncate copilot_internal.${table}`)
  await session.query(
    `insert into copilot_internal.${table} (recorded_at, id, ${names})
     select recorded_at, id, ${names} from public.multiplied order by recorded_at`,
  )
  await session.query('drop table public.multiplied')
  for (const { definition } of indexes) await session.query(definition ?? '')
}

/** Adds all days up that are over. */
export async function foldAll(session: Session): Promise<void> {
  await session.query(`select copilot_internal.fold_usage(100000, '1 minute')`)
  await session.query(
    'analyze copilot_internal.llm_usage_rollups, copilot_internal.e2b_usage_rollups, copilot_internal.usage_rollup_state, copilot_internal.usage_changed_days',
  )
}

/** As if nobody had ever folded; of what was there, no dead rows are left to be read over. */
export async function unfold(session: Session): Promise<void> {
  for (const table of [
    'llm_usage_rollups',
    'e2b_usage_rollups',
    'usage_rollup_state',
    'usage_changed_days',
  ]) {
    await session.query(`delete from copilot_internal.${table}`)
    await session.query(`vacuum copilot_internal.${table}`)
  }
}
