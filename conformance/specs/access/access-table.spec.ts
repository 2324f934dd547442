/**
 * Who may do what: the access table of the product, cell by cell.
 *
 * Method: effective privileges (has_*_privilege) of each role on each object, so that it does not matter by which way a
 * privilege came: a grant, PUBLIC, a membership or a default. What is not listed here is closed.
 */
import { type Actor, acme, owner, service, visitor } from '../../../fixtures/people.ts'
import { privilegesOf } from '../../evidence/index.ts'
import { describe, fixture, test } from '../../harness/index.ts'

const ROLES = ['public', 'anon', 'authenticated', 'service_role', 'authenticator']
const WRITES = 'SELECT, INSERT, UPDATE, DELETE'

/** Relation → what authenticated and service_role may do with it. */
const relations: Readonly<Record<string, readonly [authenticated: string, service: string]>> = {
  e2b_pricing: ['SELECT', WRITES],
  model_pricing: ['SELECT', WRITES],
  model_pricing_components: ['SELECT', WRITES],
  e2b_cost_records: ['SELECT', WRITES],
  llm_cost_records: ['SELECT', WRITES],
  cost_quotas: ['SELECT', WRITES],
  cost_quota_periods: ['', WRITES],
  quota_reservations: ['', WRITES],
  usage_requests: ['', WRITES],
  combined_cost_summary_by_tenant: ['SELECT', 'SELECT'],
  cost_summary_by_model: ['SELECT', 'SELECT'],
  cost_summary_by_task: ['SELECT', 'SELECT'],
  cost_summary_by_tenant: ['SELECT', 'SELECT'],
  e2b_cost_summary_by_conversation: ['SELECT', 'SELECT'],
  e2b_cost_summary_by_tenant: ['SELECT', 'SELECT'],
  e2b_cost_summary_by_tier: ['SELECT', 'SELECT'],
}

/** The first column of a table's key, where it is not `id`. */
const KEYS: Readonly<Record<string, string>> = {
  llm_cost_records: 'tenant_id',
  e2b_cost_records: 'tenant_id',
  quota_reservations: 'tenant_id',
  usage_requests: 'tenant_id',
  model_pricing_components: 'pricing_id',
}

test('the schema is open to authenticated and service_role only', async ({ as }) => {
  await as(owner)`
    select role, p as privilege from unnest(${ROLES}::text[]) as role, unnest('{USAGE,CREATE}'::text[]) as p
    where has_schema_privilege(role, 'copilot_internal', p)`.bagEq([
    { role: 'authenticated', privilege: 'USAGE' },
    { role: 'service_role', privilege: 'USAGE' },
  ])
})

test('each role may do with each table and view what the table says', async ({ as, session, task }) => {
  task.meta.access = await privilegesOf(session)
  await as(owner)`
    select role, c.relname as relation, string_agg(p, ', ' order by n) as privileges
    from unnest(${ROLES}::text[]) as role
    cross join pg_class as c
    cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) with ordinality as p (p, n)
    where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and (has_table_privilege(role, c.oid, p)
           or n in (1, 2, 3, 6) and has_any_column_privilege(role, c.oid, p))
    group by 1, 2`.bagEq(
    Object.entries(relations).flatMap(([relation, [authenticated, serviceRole]]) => [
      ...(authenticated ? [{ role: 'authenticated', relation, privileges: authenticated }] : []),
      { role: 'service_role', relation, privileges: serviceRole },
    ]),
  )
})

test('authenticated may calculate, service_role may call everything', async ({ as }) => {
  const executable = `
    select role, p.proname as function
    from pg_proc as p
    cross join unnest($1::text[]) as role
    where p.pronamespace = 'copilot_internal'::regnamespace and has_function_privilege(role, p.oid, 'EXECUTE') = $2`
  const others = ROLES.filter((role) => role !== 'service_role')
  await as(owner)(executable, others, true).bagEq(
    [
      'calculate_e2b_cost',
      'calculate_llm_cost',
      'calculate_llm_cost_detailed',
      'get_current_model_pricing',
    ].map((name) => ({
      role: 'authenticated',
      function: name,
    })),
  )
  await as(owner)(executable, ['service_role'], false).isEmpty()
})

describe('statements', () => {
  test.beforeEach(({ session }) => session.run(fixture('two-tenants')))

  test.for(Object.entries(relations))(
    '%s is read by the platform, and by whom else the table says',
    async (entry, { as }) => {
      const [relation, [authenticated]] = entry
      const read = `select count(*) > 0 as some from copilot_internal.${relation}`
      await as(visitor)(read).throwsOk('42501')
      await (authenticated ? as(acme)(read).resultsEq([{ some: true }]) : as(acme)(read).throwsOk('42501'))
      await as(service)(read).resultsEq([{ some: true }])
    },
  )

  const tables = Object.keys(relations).filter((relation) => relations[relation]?.[1] === WRITES)
  test.for(tables)('%s is changed by the platform, and by no member', async (table, { as }) => {
    const key = KEYS[table] ?? 'id'
    const update = `update copilot_internal.${table} set ${key} = ${key}`
    await as(acme)(`insert into copilot_internal.${table} default values`).throwsOk('42501')
    await as(acme)(update).throwsOk('42501')
    await as(acme)(`delete from copilot_internal.${table}`).throwsOk('42501')
    await as(acme)(`truncate copilot_internal.${table}`).throwsOk('42501')
    await as(service)(update).livesOk()
    await as(service)(`truncate copilot_internal.${table} cascade`).throwsOk('42501')
    await as(service)(`delete from copilot_internal.${table}`).livesOk()
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
