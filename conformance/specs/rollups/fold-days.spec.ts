/**
 * What a fold adds up and takes away: each column, the days it is asked for and no other, one tenant or all, one kind and not the
 * other; and what is forgotten with the records.
 *
 * Method: rows are inserted by hand, also notes and rollups, so that what stays can be told from what is made anew.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, B, type Kind, kinds, records, sums } from './rows.ts'

/** One record that costs so much. */
const one = (kind: Kind, at: string, usd: number, tenant = A) =>
  kind === 'llm'
    ? `insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted, input_cost_usd, total_cost_usd)
       values ('${tenant}', '${at}', 'p', 'm', true, ${usd}, ${usd});`
    : `insert into copilot_internal.e2b_cost_records
         (tenant_id, recorded_at, tier, region, execution_time_seconds, is_adopted, execution_cost_usd, total_cost_usd)
       values ('${tenant}', '${at}', 't', 'r', 1, true, ${usd}, ${usd});`
const rollups = (kind: Kind) => `
  select tenant_id, day, trim_scale(total_cost_usd) as usd from copilot_internal.${kind}_usage_rollups order by day, tenant_id`
const notes = `select resource_type as kind, tenant_id, day from copilot_internal.usage_changed_days order by 3, 1, 2`

describe.each(kinds)('%s', (kind) => {
  const other = kind === 'llm' ? 'e2b' : 'llm'
  const fold = (given: string) => `select copilot_internal.fold_${kind}_days(${given}) as rows`

  test('each column is the sum of its own, and says from when to when', async ({ as, session }) => {
    await session.run(`set local timezone = 'UTC'; ${records(kind, '2026-02-01 10:00+00')}`)
    await as(service)(fold(`'2026-02-01', '2026-02-02'`)).resultsEq([{ rows: 1 }])
    const wanted = { ...sums[kind], total_cost_usd: '102', estimated_count: '1', unpriced_count: '1' }
    const columns = Object.keys(wanted).map((name) =>
      /provider|model|task|tier/.test(name) ? name : `trim_scale(${name}::numeric)::text as ${name}`,
    )
    await as(owner)(`
      select ${columns.join(', ')}, first_recorded_at, last_recorded_at from copilot_internal.${kind}_usage_rollups`).resultsEq(
      [
        {
          ...wanted,
          first_recorded_at: '2026-02-01 11:00:00+00',
          last_recorded_at: '2026-02-01 14:00:00+00',
        },
      ],
    )
  })

  test('a day is one of UTC, from its first moment to its last', async ({ as, session }) => {
    await session.run(`set local timezone = 'America/New_York';
      ${[
        '2026-01-31 23:59:59.999999+00',
        '2026-02-01 00:00+00',
        '2026-02-01 23:59:59.999999+00',
        '2026-02-02 00:00+00',
      ]
        .map((at, i) => one(kind, at, 10 ** i))
        .join('')}`)
    await as(service)(fold(`'2026-02-01', '2026-02-02'`)).resultsEq([{ rows: 1 }])
    await as(owner)(rollups(kind)).resultsEq([{ tenant_id: A, day: '2026-02-01', usd: 110 }])
  })

  test('of days and tenants that are not asked for, rollups and notes stay', async ({ as, session }) => {
    const days = ['2026-01-31', '2026-02-01', '2026-02-02', '2026-02-03']
    for (const day of days)
      for (const tenant of [A, B])
        await session.run(one(kind, `${day} 10:00+00`, 1, tenant) + one(other, `${day} 10:00+00`, 1, tenant))
    for (const each of [kind, other])
      await session.query(`select copilot_internal.fold_${each}_days('2026-01-01', '2026-03-01')`)
    // Nobody has noted this: what is added up anew can be told from what is not.
    for (const each of kinds)
      await session.run(`
        alter table copilot_internal.${each}_cost_records disable trigger user;
        update copilot_internal.${each}_cost_records set total_cost_usd = 2`)
    await session.run(`
      insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day)
      select k, t, d from unnest('{llm,e2b}'::text[]) as k, unnest('{${A},${B}}'::uuid[]) as t, unnest('{${days}}'::date[]) as d
      on conflict do nothing`)
    await as(service)(fold(`'2026-02-01', '2026-02-03', '${A}'`)).resultsEq([{ rows: 2 }])
    const expected = (anew: (tenant: string, day: string) => boolean) =>
      days.flatMap((day) =>
        [A, B].map((tenant_id) => ({ tenant_id, day, usd: anew(tenant_id, day) ? 2 : 1 })),
      )
    const between = (day: string) => day === days[1] || day === days[2]
    await as(owner)(rollups(kind)).resultsEq(expected((tenant, day) => tenant === A && between(day)))
    await as(owner)(rollups(other)).resultsEq(expected(() => false))
    const noted = (gone: (tenant: string, day: string) => boolean) =>
      days.flatMap((day) =>
        ['e2b', 'llm'].flatMap((each) =>
          [A, B]
            .filter((tenant) => each !== kind || !gone(tenant, day))
            .map((tenant_id) => ({ kind: each, tenant_id, day })),
        ),
      )
    await as(owner)(notes).resultsEq(noted((tenant, day) => tenant === A && between(day)))
    await as(service)(fold(`'2026-02-01', '2026-02-03'`)).resultsEq([{ rows: 4 }])
    await as(owner)(rollups(kind)).resultsEq(expected((_, day) => between(day)))
    await as(owner)(notes).resultsEq(noted((_, day) => between(day)))
  })

  test('where all records go, so do rollups, notes and state of their kind', async ({ as, session }) => {
    for (const each of kinds) await session.run(one(each, '2026-02-01 10:00+00', 1))
    await session.query('select copilot_internal.fold_usage(100000)')
    for (const each of kinds) await session.run(one(each, '2026-02-01 10:00+00', 1))
    await session.run(`truncate copilot_internal.${kind}_cost_records`)
    await as(owner)`select distinct resource_type as kind from copilot_internal.usage_changed_days`.resultsEq(
      [{ kind: other }],
    )
    await as(owner)`select resource_type as kind from copilot_internal.usage_rollup_state`.resultsEq([
      { kind: other },
    ])
    await as(owner)(rollups(kind)).isEmpty()
    await as(owner)(`select count(*) as rows from copilot_internal.${other}_usage_rollups`).resultsEq([
      { rows: 1 },
    ])
  })

  test('a record that moves notes both its tenants’ and both its days', async ({ as, session }) => {
    await session.run(`alter table copilot_internal.${kind}_cost_records disable trigger user; ${one(kind, '2026-02-01 02:00+00', 1)}
      alter table copilot_internal.${kind}_cost_records enable trigger _310_note_changed_day;
      update copilot_internal.${kind}_cost_records set tenant_id = '${B}', recorded_at = '2026-02-03 23:30-05'`)
    await as(owner)(notes).resultsEq([
      { kind, tenant_id: A, day: '2026-02-01' },
      { kind, tenant_id: B, day: '2026-02-04' },
    ])
  })

  test('days that are new and days that changed share one budget', async ({ as, session }) => {
    await session.run(one(kind, '2026-02-01 10:00+00', 1) + one(kind, '2026-02-02 10:00+00', 1))
    await session.query('select copilot_internal.fold_usage(100000)')
    for (const tenant of [A, B])
      await session.run(
        one(kind, '2026-02-01 10:00+00', 1, tenant) + one(kind, '2026-02-02 10:00+00', 1, tenant),
      )
    const [last] = await session.query(
      `update copilot_internal.usage_rollup_state set covered_before = covered_before - 1
       where resource_type = '${kind}' returning covered_before as day`,
    )
    await session.run(one(kind, `${last?.['day']} 10:00+00`, 1))
    const answers = (given: string) => `select days_folded as folded, days_renewed as renewed
      from copilot_internal.fold_usage(${given}) where resource_type = '${kind}'`
    await as(service)(answers('3')).resultsEq([{ folded: 1, renewed: 2 }])
    // The oldest first; of one day, tenant by tenant.
    await as(owner)(notes).resultsEq([
      { kind, tenant_id: A, day: '2026-02-02' },
      { kind, tenant_id: B, day: '2026-02-02' },
    ])
    await as(service)(answers('1')).resultsEq([{ folded: 0, renewed: 1 }])
    await as(owner)(notes).resultsEq([{ kind, tenant_id: B, day: '2026-02-02' }])
    await as(service)(answers('1')).resultsEq([{ folded: 0, renewed: 1 }])
    await as(owner)(notes).isEmpty()
    await as(owner)(`select sum(trim_scale(usd)) as usd from (${rollups(kind)}) as r`).resultsEq([{ usd: 7 }])
  })
})

test('a fold reaches to the last day that has been over for an hour', async ({ session }) => {
  await session.run(one('llm', '2026-02-01 10:00+00', 1))
  const [row] = await session.query(`
    select covered_before::text, (now() at time zone 'UTC' - interval '1 hour')::date as day from copilot_internal.fold_usage(100000)
    where resource_type = 'llm'`)
  expect(row?.['covered_before']).toBe(row?.['day'])
  expect(
    await session.query(
      `select resource_type, covered_before, folded_at = now() as now from copilot_internal.usage_rollup_state`,
    ),
  ).toEqual([{ resource_type: 'llm', covered_before: row?.['day'], now: 't' }])
})

test.for(kinds)('fold_usage adds %s up into its own rollups, and no other', async (kind, { as, session }) => {
  await session.run(one(kind, '2026-02-01 10:00+00', 1))
  await session.query('select from copilot_internal.fold_usage()')
  await as(owner)`
    select (select count(*) from copilot_internal.llm_usage_rollups) as llm, (select count(*) from copilot_internal.e2b_usage_rollups) as e2b`.resultsEq(
    [{ llm: Number(kind === 'llm'), e2b: Number(kind === 'e2b') }],
  )
})

test('31 days of each kind are folded where nothing is said', async ({ as, session }) => {
  await session.run(
    kinds.map((kind) => one(kind, '2025-02-20 10:00+00', 1) + one(kind, '2025-02-01 10:00+00', 1)).join(''),
  )
  await as(
    service,
  )`select days_folded as days, covered_before::text as before from copilot_internal.fold_usage()`.resultsEq(
    kinds.map(() => ({ days: 31, before: '2025-03-04' })),
  )
})

test('cost_summary answers in the order of its columns', async ({ as, session }) => {
  const usage = ['2026-02-02 10:00+00', '2026-02-01 10:00+00'].flatMap((at) =>
    [B, A].map((tenant) => one('e2b', at, 1, tenant) + one('llm', at, 1, tenant)),
  )
  await session.run(`
    alter table copilot_internal.llm_cost_records disable trigger user;
    alter table copilot_internal.e2b_cost_records disable trigger user; ${usage.join('')}
    insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, task, is_unpriced)
    select '${A}', '2026-02-01', p, m, t, true from unnest('{b,a}'::text[]) as p, unnest('{d,c}'::text[]) as m, unnest('{f,e}'::text[]) as t`)
  const asked = `select row_number() over () as n, * from copilot_internal.cost_summary('2026-02-01', '2026-02-03', 'day', '{tenant,model,task,tier}')`
  // However the groups are made.
  for (const sorts of ['on', 'off']) {
    await session.query(`select set_config('enable_sort', '${sorts}', true)`)
    // The session may keep a plan from before.
    await session.query('discard plans')
    await as(service)(`
    select array_agg(n order by n) = array_agg(n order by bucket, tenant, provider, model, task, tier) as in_order, count(*) as rows
    from (${asked}) as s`).resultsEq([{ in_order: true, rows: 16 }])
  }
})

test('a kind without records is not folded, and says so', async ({ as }) => {
  await as(service)`select * from copilot_internal.fold_usage()`.resultsEq(
    kinds.map((kind) => ({
      resource_type: kind,
      covered_before: null,
      days_folded: '0',
      days_renewed: '0',
      writers_awaited: '0',
    })),
  )
})

describe('what fold_usage refuses', () => {
  test('no days, less than one, and no or negative patience', async ({ as }) => {
    for (const [given, code] of [
      ['null', '22004'],
      ['1, null', '22004'],
      ['0', '22023'],
      ['-1', '22023'],
      [`1, interval '-1 microsecond'`, '22023'],
    ] as const) {
      await as(service)(`select copilot_internal.fold_usage(${given})`).throwsOk(code)
    }
  })

  test('no patience is enough', async ({ as }) => {
    await as(service)`select copilot_internal.fold_usage(1, '0')`.livesOk()
  })
})
