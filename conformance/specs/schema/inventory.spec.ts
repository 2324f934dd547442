/**
 * Schema copilot_internal: what it holds, and what holds for all of it.
 *
 * Method: the catalog is asked for breaches, so that an object added later is held to the same rules.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const VIEWS = [
  'combined_cost_summary_by_tenant',
  'cost_summary_by_model',
  'cost_summary_by_task',
  'cost_summary_by_tenant',
  'e2b_cost_summary_by_conversation',
  'e2b_cost_summary_by_tenant',
  'e2b_cost_summary_by_tier',
]

test('it holds these tables and no other', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', [
    'cost_quota_periods',
    'cost_quotas',
    'e2b_cost_records',
    'e2b_pricing',
    'llm_cost_records',
    'model_pricing',
    'model_pricing_components',
    'quota_reservations',
    'usage_requests',
  ])
})

test('it holds these views and no other', async ({ tap }) => {
  await tap.viewsAre('copilot_internal', VIEWS)
})

test('it holds these functions, none of them overloaded', async ({ tap }) => {
  await tap.functionSignaturesAre('copilot_internal', [
    'archive_quota_period()',
    'assert_no_price_jump(numeric, numeric, text)',
    'assert_price(numeric[])',
    'assert_quota_arguments(text, uuid, numeric, text)',
    'assert_request(text, text, timestamp with time zone)',
    'await_successor()',
    'calculate_e2b_cost(text, text, numeric, numeric, numeric, numeric, timestamp with time zone)',
    'calculate_llm_cost(text, text, bigint, bigint, timestamp with time zone)',
    'calculate_llm_cost_detailed(text, text, bigint, bigint, bigint, bigint, bigint, boolean, timestamp with time zone)',
    'charge_quotas(uuid[], numeric)',
    'check_e2b_quota(text, uuid, numeric)',
    'check_llm_quota(text, uuid, numeric)',
    'check_quota(text, uuid, text, numeric)',
    'close_expired_reservations()',
    'close_hold(uuid, uuid, text)',
    'fill_quota_period()',
    'get_current_model_pricing(text, text)',
    'guard_component()',
    'guard_price()',
    'increment_e2b_quota_spend(text, uuid, numeric)',
    'increment_llm_quota_spend(text, uuid, numeric)',
    'increment_quota_spend(text, uuid, text, numeric)',
    'open_price()',
    'price_end(text, uuid, timestamp with time zone)',
    'queue_price_change()',
    'quota_held_usd(text, uuid, text)',
    'quota_period(timestamp with time zone, text, timestamp with time zone)',
    'quota_status(text, uuid)',
    'quotas_concerned(uuid, uuid, text)',
    'record_e2b_usage(uuid, text, text, numeric, numeric, numeric, numeric, text, uuid, text, text, text, timestamp with time zone, jsonb, uuid)',
    'record_llm_usage(uuid, text, text, bigint, bigint, text, uuid, text, text, timestamp with time zone, boolean, jsonb, uuid)',
    'refuse_rewriting()',
    'release_reservation(uuid, uuid)',
    'reserve_quota(uuid, text, numeric, uuid, text, interval)',
    'set_e2b_price(text, text, numeric, numeric, numeric, numeric, timestamp with time zone, text, text, text, boolean)',
    'set_model_price(text, text, numeric, numeric, timestamp with time zone, text, text, text, boolean)',
    'settle_reservation(uuid, uuid, numeric)',
    'split_price()',
  ])
})

describe('of every object', () => {
  test('tables and columns are commented', async ({ as }) => {
    await as(owner)`
      select c.relname, a.attname
      from pg_class as c
      join pg_attribute as a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped
      where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p')
        and coalesce(col_description(c.oid, a.attnum), '') = ''
      union all
      select c.relname, null from pg_class as c
      where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p', 'v')
        and coalesce(obj_description(c.oid, 'pg_class'), '') = ''`.isEmpty()
  })

  test('the schema is commented: who writes it, and who reads it', async ({ as }) => {
    await as(owner)`
      select obj_description('copilot_internal'::regnamespace, 'pg_namespace') ~ 'platform.*tenant' as says`.resultsEq(
      [{ says: true }],
    )
  })

  test('functions, policies and triggers are commented', async ({ as }) => {
    await as(owner)`
      select p.proname as name from pg_proc as p
      where p.pronamespace = 'copilot_internal'::regnamespace and coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
      union all
      select p.polname from pg_policy as p join pg_class as c on c.oid = p.polrelid
      where c.relnamespace = 'copilot_internal'::regnamespace and coalesce(obj_description(p.oid, 'pg_policy'), '') = ''
      union all
      select t.tgname from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
      where c.relnamespace = 'copilot_internal'::regnamespace and not t.tgisinternal
        and coalesce(obj_description(t.oid, 'pg_trigger'), '') = ''`.isEmpty()
  })

  test('constraints are named after their table', async ({ as }) => {
    await as(owner)`
      select conname from pg_constraint
      where connamespace = 'copilot_internal'::regnamespace and contype <> 'n'
        and not starts_with(conname, conrelid::regclass::text)
        and not starts_with('copilot_internal.' || conname, conrelid::regclass::text)`.isEmpty()
  })

  test('foreign keys are indexed', async ({ as }) => {
    await as(owner)`
      select conname from pg_constraint as c
      where c.connamespace = 'copilot_internal'::regnamespace and c.contype = 'f'
        and not exists (
          select from pg_index as i
          where i.indrelid = c.conrelid and (i.indkey::int2[])[0 : cardinality(c.conkey) - 1] = c.conkey
        )`.isEmpty()
  })

  test('functions run as their caller and trust no search path', async ({ as }) => {
    await as(owner)`
      select proname from pg_proc
      where pronamespace = 'copilot_internal'::regnamespace
        and (prosecdef or proconfig is distinct from array['search_path=""'])`.isEmpty()
  })

  test('views run with the rights of whoever asks', async ({ tap }) => {
    for (const view of VIEWS) await tap.viewIsSecurityInvoker(`copilot_internal.${view}`)
  })
})
