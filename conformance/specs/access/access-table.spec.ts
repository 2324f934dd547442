/**
 * Who may do what: the access table of the product, cell by cell.
 *
 * Method: effective privileges (has_*_privilege) of each role on each object, so that it does not matter by which way a
 * privilege came: a grant, PUBLIC, a membership or a default. What is not listed here is closed.
 */
import { calculations, functions } from '../../../fixtures/functions.ts'
import { type Actor, acme, owner, service, visitor } from '../../../fixtures/people.ts'
import { tables, views } from '../../../fixtures/tables.ts'
import { privilegesOf } from '../../catalog/index.ts'
import { describe, fixture, test } from '../../harness/index.ts'

/** The roles that may do nothing. */
const OTHERS = ['public', 'anon', 'authenticator']

const READS = ['SELECT'] as const
const WRITES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

type Privileges = readonly (typeof WRITES)[number][]

/** Relation → what authenticated and service_role may do with it. */
const relations: Readonly<Record<string, readonly [authenticated: Privileges, service: Privileges]>> = {
  ...mapped(tables, ({ policies }) => [Object.keys(policies).length > 0 ? READS : [], WRITES]),
  ...mapped(views, (readers) => [readers === 'members' ? READS : [], READS]),
}

function mapped<From, To>(those: Readonly<Record<string, From>>, to: (one: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(those).map(([name, one]) => [name, to(one)]))
}

/** The first column of a table's primary key. */
function keyOf(table: string): string {
  return /\((\w+)/.exec(tables[table]?.indexes[`${table}_pkey`] ?? '')?.[1] ?? ''
}

test('the schema is open to authenticated and service_role only', async ({ tap }) => {
  for (const role of OTHERS) await tap.schemaPrivsAre('copilot_internal', role, [])
  await tap.schemaPrivsAre('copilot_internal', 'authenticated', ['USAGE'])
  await tap.schemaPrivsAre('copilot_internal', 'service_role', ['USAGE'])
})

test('each role may do with each table and view what the table says', async ({ tap, session, task }) => {
  task.meta.access = await privilegesOf(session)
  const columnOf = (place: 0 | 1) =>
    Object.fromEntries(Object.entries(relations).map(([relation, those]) => [relation, those[place]]))
  for (const role of OTHERS) await tap.privsOnRelationsAre('copilot_internal', role, {})
  await tap.privsOnRelationsAre('copilot_internal', 'authenticated', columnOf(0))
  await tap.privsOnRelationsAre('copilot_internal', 'service_role', columnOf(1))
})

test('nobody is given a single column', async ({ as }) => {
  await as(owner)`
    select c.relname, a.attname, a.attacl from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    where c.relnamespace = 'copilot_internal'::regnamespace and a.attacl is not null`.isEmpty()
})

test('authenticated may calculate, service_role may call everything', async ({ tap }) => {
  for (const role of OTHERS) await tap.executableFunctionsAre('copilot_internal', role, [])
  await tap.executableFunctionsAre('copilot_internal', 'authenticated', calculations)
  await tap.executableFunctionsAre('copilot_internal', 'service_role', functions)
})

/** A row of Acme's in each table that the fixture leaves empty: an answer without rows would say nothing. */
const MORE = `
  insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former)
  values ('${acme.tenantId}', 'llm', gen_random_uuid(), 'voided', '{}');
  insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
  select tenant_id, id, (select min(id::text)::uuid from copilot_internal.cost_quotas), 1
  from copilot_internal.llm_cost_records where tenant_id = '${acme.tenantId}' limit 1;
  insert into copilot_internal.llm_usage_totals
    (tenant_id, day, provider, model, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
     total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at)
  values ('${acme.tenantId}', '2026-01-31', 'openai', 'gpt-4', 1, 1, 1, 0, 0, 0, 0, 0, '2026-01-31 10:00+00', '2026-01-31 10:00+00');
  insert into copilot_internal.e2b_usage_totals
    (tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb,
     execution_cost_usd, resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at)
  values ('${acme.tenantId}', '2026-01-31', 'gpu', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '2026-01-31 10:00+00', '2026-01-31 10:00+00');
  insert into copilot_internal.model_aliases (provider, alias, model) values ('openai', 'gpt-four', 'gpt-4')`

/** Tables whose rows the platform may delete, but not those that usage refers to: see \`prices/\`. */
const PASSED = ['e2b_pricing', 'model_pricing', 'model_pricing_components']

describe('statements', () => {
  test.beforeEach(async ({ session }) => {
    await session.run(fixture('two-tenants'))
    await session.run(MORE)
  })

  test.for(Object.entries(relations))(
    '%s is read by the platform, and by whom else the table says',
    async (entry, { as }) => {
      const [relation, [authenticated]] = entry
      const read = `select count(*) > 0 as some from copilot_internal.${relation}`
      await as(visitor)(read).throwsOk('42501')
      await (authenticated?.length
        ? as(acme)(read).resultsEq([{ some: true }])
        : as(acme)(read).throwsOk('42501'))
      await as(service)(read).resultsEq([{ some: true }])
    },
  )

  test.for(Object.keys(tables))('%s is changed by the platform, and by no member', async (table, { as }) => {
    const key = keyOf(table)
    const update = `update copilot_internal.${table} set ${key} = ${key}`
    await as(acme)(`insert into copilot_internal.${table} default values`).throwsOk('42501')
    await as(acme)(update).throwsOk('42501')
    await as(acme)(`delete from copilot_internal.${table}`).throwsOk('42501')
    await as(acme)(`truncate copilot_internal.${table}`).throwsOk('42501')
    await as(service)(update).livesOk()
    await as(service)(`truncate copilot_internal.${table} cascade`).throwsOk('42501')
    const deletion = as(service)(`delete from copilot_internal.${table}`)
    await (PASSED.includes(table) ? deletion.throwsOk('QT001') : deletion.livesOk())
  })

  const calls: readonly (readonly [call: string, member: boolean])[] = [
    [`select 1 as ok from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 1)`, true],
    [`select 1 as ok from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1, 1)`, true],
    [`select 1 as ok from copilot_internal.get_current_model_pricing('openai', 'gpt-4')`, true],
    [`select 1 as ok from copilot_internal.check_e2b_quota('platform', null, 1)`, false],
    [`select 1 as ok from copilot_internal.increment_e2b_quota_spend('platform', null, 1)`, false],
  ]
  test.for(calls)('%s', async ([call, open], { as }) => {
    const may = (actor: Actor) => as(actor)(call).resultsEq([{ ok: 1 }])
    const mayNot = (actor: Actor) => as(actor)(call).throwsOk('42501')
    await mayNot(visitor)
    await (open ? may(acme) : mayNot(acme))
    await may(service)
  })
})
