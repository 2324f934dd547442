/**
 * copilot_internal.fold_usage — when a day is over for good: an hour after its end in UTC, whatever the time of the day.
 *
 * Method: the function itself, by a clock that the claim sets.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'

/** Sets the clock by which the function looks, and no other. */
const at = (session: Session, time: string) =>
  session.run(`
    create or replace function public.set_clock() returns timestamptz language sql stable as $$ select timestamptz '${time}' $$`)

/** Gives the function a clock that can be set. */
async function clocked(session: Session): Promise<void> {
  const [made] = await session.query(`
    select pg_get_functiondef(oid) as text from pg_catalog.pg_proc where oid = 'copilot_internal.fold_usage(integer, interval)'::regprocedure`)
  const text = made?.['text'] ?? ''
  expect(text.match(/clock_timestamp\(\)/g)).not.toBeNull()
  await at(session, '2026-01-01')
  await session.run(text.replaceAll('clock_timestamp()', 'public.set_clock()'))
}

test('a day is added up an hour after its end, and not before', async ({ as, session }) => {
  await clocked(session)
  await session.run(`
    alter table copilot_internal.llm_cost_records disable trigger user;
    insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted)
    values ('${acme.tenantId}', '2026-02-01 10:00+00', 'p', 'm', true)`)
  for (const [time, before] of [
    ['2026-02-02 00:59:59.999999+00', null],
    ['2026-02-02 01:00+00', '2026-02-02'],
    ['2026-02-03 00:59:59.999999+00', '2026-02-02'],
    ['2026-02-02 20:00-05', '2026-02-03'],
  ] as const) {
    await at(session, time)
    await as(owner)`
      select covered_before::text as before from copilot_internal.fold_usage() where resource_type = 'llm'`.resultsEq(
      [{ before }],
    )
  }
})

test('the first day is that of the oldest record, in UTC', async ({ as, session }) => {
  await clocked(session)
  await at(session, '2026-02-05 01:00+00')
  for (const time of ['2026-02-03 02:00+00', '2026-02-02 02:00+00'])
    await session.run(`
      insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted)
      values ('${acme.tenantId}', '${time}', 'p', 'm', true);
      insert into copilot_internal.e2b_cost_records (tenant_id, recorded_at, tier, region, execution_time_seconds, is_adopted)
      values ('${acme.tenantId}', '${time}', 't', 'r', 1, true)`)
  for (const zone of ['America/New_York', 'Asia/Tokyo']) {
    await session.query('savepoint one')

    await session.run(`set local timezone = '${zone}'`)
    await as(owner)`
      select resource_type as kind, days_folded as days, covered_before::text as before from copilot_internal.fold_usage()`.resultsEq(
      [
        { kind: 'llm', days: 3, before: '2026-02-05' },
        { kind: 'e2b', days: 3, before: '2026-02-05' },
      ],
    )

    await session.query('rollback to savepoint one')
  }
})
