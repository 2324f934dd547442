/**
 * copilot_internal.llm_cost_records, e2b_cost_records — what was charged is not rewritten, whatever statement tries.
 *
 * Method: one record of each kind, with everything that a record may carry; each column changed on its own.
 */
import { acme, birch, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

/** What may be changed: it says nothing of what was charged, when, or to whom. */
const FREE = {
  llm_cost_records: ['conversation_id', 'task', 'metadata'],
  e2b_cost_records: ['conversation_id', 'sandbox_id', 'status', 'metadata'],
} as const

const RECORD = {
  llm_cost_records: `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4o', 1000, 500, 'req-1')`,
  e2b_cost_records: `
    select copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 10, 2, 3, 4, 'req-1', status => 'running')`,
}

/** Another value of the type, as SQL, that the table would accept. */
function otherwise(column: string, type: string): string {
  if (column === 'status') return `'completed'`
  if (column === 'variant') return `'batch'`
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'jsonb') return `'{"a": 1}'`
  if (type === 'text') return `'another'`
  if (type === 'boolean') return `not ${column}`
  if (type.startsWith('timestamp')) return `now() - interval '1 second'`
  return `coalesce(${column}, 0) + 1`
}

describe.each(['llm_cost_records', 'e2b_cost_records'] as const)('%s', (table) => {
  test('an UPDATE of any column that was charged by is refused', async ({ as, session }) => {
    const columns = await session.query(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = 'copilot_internal.${table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    )
    const charged = columns.filter(
      ({ name }) => !(FREE[table] as readonly (string | null)[]).includes(name ?? ''),
    )
    expect(charged.length).toBeGreaterThan(15)
    await session.query(RECORD[table])
    for (const { name, type } of charged) {
      await as(service)(
        `update copilot_internal.${table} set ${name} = ${otherwise(name ?? '', type ?? '')}`,
      ).throwsOk('QT005', { detail: /record .* of tenant/, hint: /revise_llm_usage.*void_usage/ })
    }
  })

  test.for(FREE[table])('an UPDATE of %s is free', async (column, { as, session }) => {
    await session.query(RECORD[table])
    await as(service)(
      `update copilot_internal.${table} set ${column} = ${otherwise(column, column === 'metadata' ? 'jsonb' : 'text')}`,
    ).livesOk()
  })

  test('an UPDATE that changes nothing is no rewriting', async ({ as, session }) => {
    await session.query(RECORD[table])
    await as(service)(
      `update copilot_internal.${table} set total_cost_usd = total_cost_usd, recorded_at = recorded_at`,
    ).livesOk()
  })

  test('nor is one of no row', async ({ as, session }) => {
    await session.query(RECORD[table])
    await as(service)(
      `update copilot_internal.${table} set total_cost_usd = 0 where tenant_id = '${birch.tenantId}'`,
    ).livesOk()
  })

  test.for([
    [
      'a merge',
      `merge into copilot_internal.${table} as r using (select 1) as one on true
       when matched then update set tenant_id = '${birch.tenantId}'`,
    ],
    [
      'an upsert',
      `insert into copilot_internal.${table} select * from copilot_internal.${table}
       on conflict (tenant_id, recorded_at, id) do update set total_cost_usd = 0`,
    ],
  ] as const)('%s is refused like an UPDATE', async ([, statement], { as, session }) => {
    await session.query(RECORD[table])
    await as(service)(statement).throwsOk('QT005')
  })
})
