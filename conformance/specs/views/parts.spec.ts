/**
 * What the views are made of: records that are not added up, days that are, and how money is shown.
 *
 * Method: rows of each source are inserted by hand, each with figures of its own, so that it is seen which are read, and which twice.
 */
import { owner } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, B, columns, counted, day, kinds, note, quiet, record, state } from './rows.ts'

test.beforeEach(({ session }) => session.run(quiet))

describe.each(kinds)('%s', (kind) => {
  const other = kind === 'llm' ? 'e2b' : 'llm'
  const uncovered = `select tenant_id, (total_cost_usd / 11)::integer as n from copilot_internal.${kind}_uncovered_records`
  const ofA = (...ns: readonly number[]) => ns.map((n) => ({ tenant_id: A, n }))

  test('where nobody has folded every record is read, once, whatever is alike', async ({ as, session }) => {
    await session.run(
      record(kind, '2026-02-01', 1) +
        record(kind, '2026-02-01', 1) +
        state(other, '2026-03-01') +
        note(kind, '2026-02-01'),
    )
    await as(owner)(uncovered).bagEq(ofA(1, 1))
  })

  test('of covered days none is read; from the first that is not, all are', async ({ as, session }) => {
    await session.run(
      state(kind, '2026-02-02') +
        record(kind, '2026-02-01 23:59:59.999999+00', 1) +
        record(kind, '2026-02-02 00:00+00', 2) +
        record(kind, '2026-02-02 00:00+00', 2) +
        record(kind, '2100-02-02 00:00+00', 3),
    )
    await session.run(`set local timezone = 'America/New_York'`)
    await as(owner)(uncovered).bagEq(ofA(2, 2, 3))
    await session.run(`set local timezone = 'Asia/Tokyo'`)
    await as(owner)(uncovered).bagEq(ofA(2, 2, 3))
  })

  test('of a covered day that changed all are read, once, and of no other', async ({ as, session }) => {
    await session.run(
      state(kind, '2026-02-10') +
        // Noted by two transactions.
        note(kind, '2026-02-04') +
        note(kind, '2026-02-04', A, 2) +
        note(other, '2026-02-06') +
        note(kind, '2026-02-07', B) +
        note(kind, '2026-02-10') +
        [
          '03 23:59:59.999999',
          '04 00:00',
          '04 00:00',
          '04 23:59:59.999999',
          '05 00:00',
          '06 12:00',
          '07 12:00',
          '10 12:00',
        ]
          .map((at, i) => record(kind, `2026-02-${at}+00`, i + 1))
          .join('') +
        record(kind, '2026-02-04 12:00+00', 9, B) +
        record(kind, '2026-02-04 00:00+00', 2),
    )
    for (const zone of ['UTC', 'America/New_York', 'Asia/Tokyo']) {
      await session.run(`set local timezone = '${zone}'`)
      await as(owner)(uncovered).bagEq(ofA(2, 3, 4, 8, 2))
    }
  })

  test('each column is itself, whichever way a record is read', async ({ as, session }) => {
    const names = Object.keys(columns[kind])
    const wanted = await (async () => {
      await session.run(record(kind, '2026-02-04 12:00+00', 2))
      return session.query(
        `select ${names}, recorded_at, is_estimated, is_unpriced from copilot_internal.${kind}_cost_records`,
      )
    })()
    for (const way of [
      '',
      state(kind, '2026-02-01'),
      `${note(kind, '2026-02-04')} update copilot_internal.usage_rollup_state set covered_before = '2026-02-10'`,
    ]) {
      await session.run(way)
      await as(owner)(
        `select ${names}, recorded_at, is_estimated, is_unpriced from copilot_internal.${kind}_uncovered_records`,
      ).resultsEq(wanted as Record<string, string>[])
    }
  })

  test('days kept as totals, and days that are added up and unchanged', async ({ as, session }) => {
    await session.run(
      day(kind, 'totals', '2026-02-01', 1) +
        day(kind, 'rollups', '2026-02-01', 2) +
        day(kind, 'rollups', '2026-02-02', 3) +
        day(kind, 'rollups', '2026-02-03', 4) +
        day(kind, 'rollups', '2026-02-04', 5) +
        // Alike to the last digit, and yet another.
        day(kind, 'totals', '2026-02-05', 6) +
        day(kind, 'rollups', '2026-02-05', 6) +
        note(kind, '2026-02-02') +
        note(kind, '2026-02-03', B) +
        note(other, '2026-02-04') +
        day(kind, 'rollups', '2026-02-02', 7, B),
    )
    await as(owner)(
      `select tenant_id, (total_cost_usd / 11)::integer as n from copilot_internal.${kind}_usage_by_day`,
    ).bagEq([...ofA(1, 2, 4, 5, 6, 6), { tenant_id: B, n: 7 }])
  })

  test('each column of a day is itself, kept or added up', async ({ as, session }) => {
    const names = [
      ...Object.keys(columns[kind]),
      counted[kind],
      'estimated_count',
      'unpriced_count',
      'day',
      'first_recorded_at',
      'last_recorded_at',
    ]
    for (const table of ['totals', 'rollups'] as const) {
      await session.run(
        `delete from copilot_internal.${kind}_usage_totals; ${day(kind, table, '2026-02-01', 1)}`,
      )
      const wanted = await session.query(`select ${names} from copilot_internal.${kind}_usage_${table}`)
      expect(wanted).toHaveLength(1)
      await as(owner)(`select ${names} from copilot_internal.${kind}_usage_by_day`).resultsEq(
        wanted as Record<string, string>[],
      )
    }
  })
})

describe('money', () => {
  const VIEWS = {
    ...{ cost_summary_by_tenant: 'llm', cost_summary_by_model: 'llm', cost_summary_by_task: 'llm' },
    ...{
      e2b_cost_summary_by_tenant: 'e2b',
      e2b_cost_summary_by_tier: 'e2b',
      e2b_cost_summary_by_conversation: 'e2b',
    },
    combined_cost_summary_by_tenant: 'both',
  } as const
  const money = async (session: Session) => {
    const cells = new Map<string, string | null>()
    for (const view of Object.keys(VIEWS)) {
      const [row] = await session.query(`select * from copilot_internal.${view}`)
      for (const [name, cell] of Object.entries(row ?? {}))
        if (name.endsWith('_usd')) cells.set(`${view}.${name}`, cell)
    }
    return cells
  }

  test.for([
    ['0', '0', '0'],
    ['1', '1.000', '2.000'],
    ['10', '10.000', '20.000'],
    ['100', '100.000', '200.000'],
    ['0.1', '0.100', '0.200'],
    ['1.2345', '1.2345', '2.469'],
    ['0.000000000000000001', '0.000000000000000001', '0.000000000000000002'],
  ] as const)(
    'of %s is shown as %s, without loss and without padding, in each column',
    async ([usd, shown, sum], { session }) => {
      await session.run(`
      insert into copilot_internal.llm_cost_records (tenant_id, provider, model, is_adopted, input_cost_usd, output_cost_usd, total_cost_usd)
      values ('${A}', 'p', 'm', true, ${usd}, ${usd}, ${usd});
      insert into copilot_internal.e2b_cost_records (tenant_id, tier, region, execution_time_seconds, is_adopted, execution_cost_usd, resource_cost_usd, total_cost_usd)
      values ('${A}', 't', 'r', 1, true, ${usd}, ${usd}, ${usd})`)
      const cells = await money(session)
      expect(cells.size).toBeGreaterThan(24)
      for (const [name, cell] of cells)
        expect([name, cell]).toEqual([
          name,
          name === 'combined_cost_summary_by_tenant.total_cost_usd' ? sum : shown,
        ])
    },
  )

  test('on average is rounded to 18 decimals', async ({ session }) => {
    for (const usd of ['2', '0', '0'])
      await session.run(`
        insert into copilot_internal.llm_cost_records (tenant_id, provider, model, is_adopted, total_cost_usd) values ('${A}', 'p', 'm', true, ${usd});
        insert into copilot_internal.e2b_cost_records (tenant_id, tier, region, execution_time_seconds, is_adopted, total_cost_usd)
        values ('${A}', 't', 'r', 1, true, ${usd})`)
    for (const [name, cell] of await money(session))
      if (name.includes('average')) expect([name, cell]).toEqual([name, '0.666666666666666667'])
  })
})
