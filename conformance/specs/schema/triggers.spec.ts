/**
 * When the triggers of the product act, and one after which: a rule that is kept too late, or on too few statements, is not kept.
 *
 * Method: each table's triggers in the order in which they fire, with what they act on. Whether one corrects a row before it is
 * written, or looks at it afterwards, decides what the next one sees.
 */
import { describe, expect, test } from '../../harness/index.ts'

const prices = (columns: string, components: readonly string[]) => [
  '_100_start_price: before insert, each row',
  `_200_await_successor: before update of ${columns}, each row`,
  '_300_guard_price: before delete or update, each row',
  ...components,
  '_500_keep_former_price: after update, each statement',
  '_600_check_new_price: after insert, each row',
  '_610_check_moved_price: after update, each row',
  '_700_settle_new_price: after insert, each row, at the commit',
  '_710_settle_moved_price: after update, each row, at the commit',
]
const records = [
  '_100_refuse_rewriting: before update, each row',
  '_200_check_record_prices: after insert, each statement',
  '_300_note_changed_day: after insert, each row',
  '_310_note_changed_day: after delete or update, each row',
  '_320_forget_rollups: after truncate, each statement',
]

const tables: Readonly<Record<string, readonly string[]>> = {
  cost_quota_parts: ['_100_assert_quota_part: before insert, each row'],
  cost_quotas: [
    '_100_archive_quota_period: after update of period, period_anchor, period_start, each row',
    '_100_fill_quota_period: before insert, each row',
    '_110_archive_deleted_quota: after delete, each row',
    '_110_start_next_period: before update of period, period_anchor, each row',
    '_120_count_anew: before update of resource_type, scope, scope_id, each row',
  ],
  e2b_cost_records: records,
  e2b_pricing: prices(
    'price_per_cpu_core_second, price_per_gb_disk_io, price_per_gb_memory_second, price_per_second',
    [],
  ),
  llm_cost_records: records,
  model_pricing: prices('input_price_per_million, output_price_per_million', [
    '_400_give_components: after insert, each row',
  ]),
  model_pricing_components: [
    '_100_guard_component: before delete or update, each row',
    '_200_guard_new_components: after insert, each statement',
  ],
}

/** Bits of tgtype: 1 each row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate. */
const TRIGGERS = `
  select format('%s: %s %s%s, each %s%s', tgname,
           case when tgtype::integer & 2 > 0 then 'before' else 'after' end,
           concat_ws(' or ', case when tgtype::integer & 4 > 0 then 'insert' end, case when tgtype::integer & 8 > 0 then 'delete' end,
             case when tgtype::integer & 16 > 0 then 'update' end,
             case when tgtype::integer & 32 > 0 then 'truncate' end),
           (select ' of ' || string_agg(attname, ', ' order by attname collate "C")
            from pg_attribute where attrelid = tgrelid and attnum = any (tgattr::smallint[])),
           case when tgtype::integer & 1 > 0 then 'row' else 'statement' end,
           case when tginitdeferred then ', at the commit' end) as trigger, tgenabled as enabled
  from pg_trigger
  where tgrelid = $1::regclass and not tgisinternal
  order by tgname collate "C"`

describe.each(Object.entries(tables))('%s', (table, triggers) => {
  test('its triggers act when stated, and in this order', async ({ session }) => {
    const rows = await session.query(TRIGGERS, [`copilot_internal.${table}`])
    expect(rows.map(({ trigger }) => trigger)).toEqual(triggers)
  })

  test('each of them acts for whoever writes', async ({ session }) => {
    const rows = await session.query(TRIGGERS, [`copilot_internal.${table}`])
    expect(rows.filter(({ enabled }) => enabled !== 'O')).toEqual([])
    expect(rows).not.toEqual([])
  })
})

/** The columns whose change makes a list wait for a successor: all that is charged. */
test('an UPDATE of any price waits for its successor', async ({ session }) => {
  const rows = await session.query(`
    select tgrelid::regclass::text as "table", string_agg(attname, ' ' order by attnum) as columns
    from pg_trigger join pg_attribute on attrelid = tgrelid and attnum = any (tgattr::smallint[])
    where tgname = '_200_await_successor' group by 1 order by 1`)
  expect(rows).toEqual([
    {
      table: 'copilot_internal.e2b_pricing',
      columns: 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io',
    },
    { table: 'copilot_internal.model_pricing', columns: 'input_price_per_million output_price_per_million' },
  ])
})

/** The product's own corrections pass these by: see the migrations. */
test('no trigger on what a client writes can be switched off by a setting', async ({ session }) => {
  const rows = await session.query(`
    select tgname as name from pg_trigger
    where tgrelid::regclass::text like 'copilot\\_internal.%' and not tgisinternal
      and pg_get_triggerdef(oid) ~ 'current_setting' and pg_get_triggerdef(oid) !~ 'pg_trigger_depth\\(\\) = 0'`)
  expect(rows).toEqual([])
})

test('a record may not be rewritten in any column that it was charged by', async ({ session }) => {
  const rows = await session.query(`
    select a.attname as column, tgrelid::regclass::text as "table"
    from pg_trigger join pg_attribute as a on attrelid = tgrelid and attnum > 0
    where tgname = '_100_refuse_rewriting'
      and pg_get_triggerdef(pg_trigger.oid) !~ format('old\\.%s IS DISTINCT FROM new\\.%1$s', a.attname)
    order by 2, 1`)
  const free = (table: string, ...columns: readonly string[]) =>
    columns.map((column) => ({ column, table: `copilot_internal.${table}` }))
  expect(rows).toEqual([
    ...free('e2b_cost_records', 'conversation_id', 'metadata', 'sandbox_id', 'status'),
    ...free('llm_cost_records', 'conversation_id', 'metadata', 'task'),
  ])
})
