/**
 * What a batch takes, and the order and the time in which it records it.
 *
 * Method: the keys of a report are compared with the arguments of a single call; a trigger notes in which order requests come.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, batch, kinds, R1, type Report, single } from './reports.ts'

describe.each(kinds)('%s', (kind, report, _unpriced, quantity) => {
  test('what a batch knows is what a single call takes, in its order', async ({ as, session }) => {
    const [names] = await session.query(`
      select string_agg(name, ', ' order by n) as names from pg_proc, unnest(proargnames) with ordinality as a (name, n)
      where proname = 'record_${kind}_usage'`)
    const known = { hint: `Known are ${names?.['names']}.` }
    for (const [bad, what] of [
      [{ ...report, colour: 1 }, `Record 2 of 3: unknown key 'colour'.`],
      [7, 'Record 2 of 3: it is no JSON object.'],
    ] as const)
      await as(service)(batch(kind, report, bad as Report, { ...report, taste: 1 })).throwsOk('22023', {
        message: what,
        ...known,
      })
    // Of what cannot be read at all.
    await as(service)(batch(kind, report, { ...report, recorded_at: 'soon' })).throwsOk('22007', known)
  })

  test('a batch that is no array is refused', async ({ as }) => {
    for (const [given, code, message] of [
      ['null', '22004', 'records must not be NULL.'],
      [`'{}'`, '22023', 'records must be a JSON array.'],
      [`'7'`, '22023', 'records must be a JSON array.'],
    ] as const) {
      await as(service)(`select copilot_internal.record_${kind}_usage_batch(${given})`).throwsOk(code, {
        message,
      })
    }
  })

  test('a batch is recorded in the order of its reports, each with its own', async ({ as, session }) => {
    const many = Array.from({ length: 10 }, (_, i) => ({
      ...report,
      [quantity]: 700 + ((i * 7) % 10),
      request_id: `r${i}`,
    }))
    await as(service)(
      `select request_id as request, ${quantity}::integer as size from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(many)}')`,
    ).resultsEq(
      many.map((one) => ({ request: one.request_id, size: Number(one[quantity as keyof typeof one]) })),
    )
    const [request] = await session.query(`
      select count(*) as right from copilot_internal.usage_requests as u join copilot_internal.${kind}_cost_records as r on r.id = u.record_id
      where r.request_id = u.request_id and r.tenant_id = u.tenant_id`)
    expect(request).toEqual({ right: '10' })
  })

  test('what is reported within a transaction bears its time', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
      values ('${A}', '${R1}', '${kind}', 2, now() + interval '1 hour');
      select pg_sleep(0.001)`)
    const times = (call: string) =>
      `select recorded_at = now() as recorded, charged_at = now() as charged from (${call}) as r`
    for (const call of [single, batch])
      await as(service)(times(call(kind, { ...report, reservation_id: R1 }))).resultsEq([
        { recorded: true, charged: true },
      ])
    await as(owner)`select closed_at = now() as closed from copilot_internal.quota_reservations`.resultsEq([
      { closed: true },
    ])
  })

  test.for([1, 2, 3])(
    'charge_usage: of %d reports each is charged to its own',
    async (n, { as, session }) => {
      const tenants = Array.from({ length: n }, (_, i) => `00000000-0000-4000-8000-00000000000${i + 1}`)
      const quotas = tenants.map((tenant) => `('tenant', '${tenant}', 'all', 1000, 'day')`)
      await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ${quotas}, ('platform', null, 'all', 1000, 'day')`)
      await session.query(
        batch(kind, ...tenants.map((tenant_id, i) => ({ ...report, tenant_id, [quantity]: 1000 * (i + 1) }))),
      )
      await as(owner)(`
      select q.scope, q.scope_id, q.spent_usd = sum(r.total_cost_usd) as right, count(*) as records
      from copilot_internal.cost_quotas as q join copilot_internal.${kind}_cost_records as r
        on q.scope = 'platform' or q.scope_id = r.tenant_id
      group by q.scope, q.scope_id, q.spent_usd`).bagEq([
        { scope: 'platform', scope_id: null, right: true, records: n },
        ...tenants.map((scope_id) => ({ scope: 'tenant', scope_id, right: true, records: 1 })),
      ])
    },
  )

  test('requests of a batch are noted in the order of their names', async ({ as, session }) => {
    await session.run(`
      create table public.noted (n integer generated always as identity, request_id text);
      create function public.note() returns trigger language plpgsql as $$
        begin insert into public.noted (request_id) values (new.request_id); return null; end $$;
      create trigger note after insert on copilot_internal.usage_requests for each row execute function public.note()`)
    const names = ['d', 'b', 'e', 'a', 'c']
    await session.query(batch(kind, ...names.map((name) => ({ ...report, request_id: name }))))
    await as(owner)`select string_agg(request_id, '' order by n) as noted from public.noted`.resultsEq([
      { noted: 'abcde' },
    ])
  })
})

test('record_llm_usage_batch: records of a batch have ids in ascending order', async ({ as }) => {
  const many = Array.from({ length: 10 }, (_, i) => ({ ...kinds[0][1], request_id: `r${i}` }))
  await as(service)(
    `select string_agg(request_id, ' ' order by id) as by_id from copilot_internal.record_llm_usage_batch('${JSON.stringify(many)}')`,
  ).resultsEq([{ by_id: many.map(({ request_id }) => request_id).join(' ') }])
})
