/**
 * The rules for a database that is distributed by tenant with Citus (conformance/rules/citus): what supabase/scale/citus.sql leaves
 * keeps them, and each names what breaks it, and alone.
 *
 * Method: Citus cannot be had here. citus.sql runs on this engine with stand-ins for its functions (fixtures/citus-stub.sql), which
 * refuse what Citus is known to refuse of a table; then the catalog is asked. Whether Citus plans a statement is not shown by that.
 */
import { owner } from '../../../fixtures/people.ts'
import { expect, needs } from '../../harness/index.ts'
import { citusRulesFolder, rules } from '../../rules/index.ts'
import { statementsOf } from '../../syntax/index.ts'
import { brokenRules, CITUS_SQL, distribute } from './distribute.ts'

const test = needs('thorough-run')
const citusRules = rules(citusRulesFolder)

/** What the migrations have that citus.sql takes away: on one machine it is wanted. */
const TAKEN_AWAY = {
  'distributed-tables-have-no-triggers': [
    '_100_refuse_rewriting on e2b_cost_records',
    '_100_refuse_rewriting on llm_cost_records',
    '_200_check_record_prices on e2b_cost_records',
    '_200_check_record_prices on llm_cost_records',
    '_300_note_changed_day on e2b_cost_records',
    '_300_note_changed_day on llm_cost_records',
    '_310_note_changed_day on e2b_cost_records',
    '_310_note_changed_day on llm_cost_records',
    '_320_forget_rollups on e2b_cost_records',
    '_320_forget_rollups on llm_cost_records',
  ],
  'foreign-keys-stay-on-the-node': [
    'e2b_cost_records_pricing_id_fkey on copilot_internal.e2b_cost_records',
    'llm_cost_records_pricing_id_fkey on copilot_internal.llm_cost_records',
  ],
  'policies-have-no-sub-select': [
    'e2b_cost_records_select_tenant on e2b_cost_records',
    'e2b_usage_totals_select_tenant on e2b_usage_totals',
    'llm_cost_records_select_tenant on llm_cost_records',
    'llm_usage_totals_select_tenant on llm_usage_totals',
  ],
  'rows-are-locked-of-one-tenant': [
    'copilot_internal.prune_usage(timestamp with time zone,boolean,integer)',
    'copilot_internal.reprice_unpriced_e2b_usage(text,timestamp with time zone,timestamp with time zone,integer)',
    'copilot_internal.reprice_unpriced_usage(text,text,timestamp with time zone,timestamp with time zone,integer)',
  ],
}

test.for(citusRules.map((rule) => [rule.claim, rule] as const))(
  '%s',
  async ([, { name, breach }], { session }) => {
    await distribute(session)
    await session.run(breach.script)
    expect(await brokenRules(session, citusRules)).toEqual({ [name]: breach.noticed })
  },
)

test('all of them are kept after citus.sql', async ({ session }) => {
  await distribute(session)
  expect(await brokenRules(session, citusRules)).toEqual({})
})

test('the migrations break only what citus.sql takes away', async ({ session }) => {
  expect(await brokenRules(session, citusRules)).toEqual(TAKEN_AWAY)
})

test('the rules of every schema are kept after citus.sql, too', async ({ session }) => {
  await distribute(session)
  expect(await brokenRules(session, rules())).toEqual({})
})

test('each rule asks for the tables that are distributed', async ({ session, as }) => {
  await distribute(session)
  const lists = citusRules.flatMap(({ query }) =>
    [...query.matchAll(/unnest\(array\[\s*('llm_cost_records'[^\]]+)\]/g)].map(([, list = '']) =>
      [...list.matchAll(/'(\w+)'/g)].map(([, table]) => ({ table })),
    ),
  )
  expect(lists).toHaveLength(6)
  const distributed = as(owner)`
    select replace(logicalrelid::text, 'copilot_internal.', '') as table from citus_stub.pg_dist_partition where partmethod = 'h'`
  for (const list of lists) await distributed.setEq(list)
})

test('every statement of citus.sql is one of PostgreSQL', async () => {
  const statements = await statementsOf(CITUS_SQL)
  expect(statements.length).toBeGreaterThan(40)
  expect(statements.filter(({ kind }) => kind === 'TransactionStmt')).toEqual([])
})
