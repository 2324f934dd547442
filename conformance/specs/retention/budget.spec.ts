/**
 * copilot_internal.prune_usage — what a run says and a dry run has said, and how far a budget goes.
 *
 * Method: rows of each table, more than the budget allows.
 */
import { service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import {
  A,
  asked,
  change,
  done,
  estimate,
  hold,
  type Kind,
  kinds,
  OLD,
  period,
  QUOTA,
  R1,
  record,
  request,
  TABLES,
  YOUNG,
} from './rows.ts'

describe('what a run says, a dry run has said', () => {
  const DAYS = ['2026-02-01 10:00:00+00', '2026-02-03 10:00:00+00', '2026-02-02 10:00:00+00', YOUNG]

  test('of records: how many, from when to when', async ({ as, session }) => {
    await session.run(
      `set local timezone = 'UTC'; ${DAYS.flatMap((day, i) => kinds.map((kind) => record(kind, A, `${R1.slice(0, -1)}${i}`, day))).join('')}`,
    )
    const told = await session.query(asked)
    const those = { rows: '3', oldest: DAYS[0], newest: DAYS[1] }
    expect(told.slice(0, 2)).toEqual(TABLES.slice(0, 2).map((what) => ({ what, ...those })))
    await as(service)(done()).resultsEq(told as Record<string, string | null>[])
  })

  test('of the rest', async ({ as, session }) => {
    await session.run(`set local timezone = 'UTC'; ${QUOTA}`)
    for (const [i, day] of DAYS.entries()) {
      const id = `${R1.slice(0, -1)}${i}`
      const young = day === YOUNG ? record('llm', A, id, day) : ''
      await session.run(
        young +
          request('llm', A, `r${i}`, id) +
          change('llm', A, 'r', id, 'revised', day) +
          estimate(A, id) +
          hold(day) +
          period(day),
      )
    }
    const told = await session.query(asked)
    const days = { oldest: DAYS[0], newest: DAYS[1] }
    const none = { oldest: null, newest: null }
    expect(told).toEqual(
      TABLES.map((what, i) => ({ what, rows: i < 2 ? '0' : '3', ...([3, 5, 6].includes(i) ? days : none) })),
    )
    await as(service)(done()).resultsEq(told as Record<string, string | null>[])
  })
})

describe('a budget', () => {
  const rows = async (session: Session, max: number) =>
    (await session.query(done(`, ${max}`))).map((row) => Number(row['rows']))
  const ids = Array.from({ length: 10 }, (_, i) => `${R1.slice(0, -1)}${i}`)
  const named = (kind: Kind) =>
    ids
      .map((id, i) => record(kind, A, id, `2026-02-${10 - i} 10:00+00`, id) + request(kind, A, id, id))
      .join('')

  test('is spent on records, each with its request', async ({ session }) => {
    for (const [max, wanted] of [
      [1, [1, 0, 0, 0, 0, 0, 0]],
      [2, [1, 0, 1, 0, 0, 0, 0]],
      [4, [2, 0, 2, 0, 0, 0, 0]],
      [3, [1, 1, 1, 0, 0, 0, 0]],
      [5, [2, 1, 2, 0, 0, 0, 0]],
      [6, [3, 0, 3, 0, 0, 0, 0]],
    ] as const) {
      await session.query('savepoint one')

      // What follows is left: the budget is spent by then.
      const rest =
        change('llm', A, 'r', R1, 'revised', OLD) +
        QUOTA +
        estimate(A, '00000000-0000-4000-8000-00000000ffff') +
        hold(OLD) +
        period(OLD)
      await session.run(named('llm') + named('e2b') + rest)
      expect(await rows(session, max)).toEqual(wanted)
      const [llm, e2b, requests] = wanted
      const [left] = await session.query(`
      select (select count(*) from copilot_internal.usage_requests) as requests,
             (select min(recorded_at) at time zone 'UTC' from copilot_internal.llm_cost_records)::date::text as llm,
             (select min(recorded_at) at time zone 'UTC' from copilot_internal.e2b_cost_records)::date::text as e2b`)
      // The oldest go first.
      expect(left).toEqual({
        requests: `${20 - requests}`,
        llm: `2026-02-0${1 + llm}`,
        e2b: `2026-02-0${1 + e2b}`,
      })

      await session.query('rollback to savepoint one')
    }
  })

  test('bounds each other table, too', async ({ session }) => {
    for (const [table, statements] of [
      ['usage_requests', ids.map((id) => request('llm', A, id, id))],
      ['usage_changes', ids.map((id) => change('llm', A, 'r', id, 'revised', OLD))],
      ['quota_charge_estimates', [QUOTA, ...ids.map((id) => estimate(A, id))]],
      ['quota_reservations', ids.map(() => hold(OLD))],
      ['cost_quota_periods', ids.map(() => period(OLD))],
    ] as const) {
      await session.query('savepoint one')

      await session.run(statements.join(''))
      const at = TABLES.indexOf(table)
      for (const left of [7, 4, 1, 0]) {
        const removed = await rows(session, 3)
        expect(removed.filter((_, i) => i !== at)).toEqual([0, 0, 0, 0, 0, 0])
        expect(await session.query(`select count(*) as left from copilot_internal.${table}`)).toEqual([
          { left: `${left}` },
        ])
      }

      await session.query('rollback to savepoint one')
    }
  })

  test('is 10000 where none is given', async ({ session }) => {
    const values = period(OLD).match(/values (.*);/)?.[1] ?? ''
    await session.run(
      period(OLD).replace(
        `values ${values}`,
        `select ${values.slice(1, -1).replace(`'2024-01-01', '${OLD}'`, `'2024-01-01'::timestamptz, '${OLD}'::timestamptz`)} from generate_series(1, 10001)`,
      ),
    )
    await session.query(done())
    expect(await session.query('select count(*) as left from copilot_internal.cost_quota_periods')).toEqual([
      { left: '1' },
    ])
  })

  test('is one for all tables', async ({ session }) => {
    await session.run(
      QUOTA +
        ids
          .slice(0, 2)
          .map(
            (id, _i) =>
              request('llm', A, id, id) +
              change('llm', A, 'r', id, 'revised', OLD) +
              estimate(A, id) +
              hold(OLD) +
              period(OLD),
          )
          .join(''),
    )
    expect(await rows(session, 3)).toEqual([0, 0, 2, 1, 0, 0, 0])
    expect(await rows(session, 4)).toEqual([0, 0, 0, 1, 2, 1, 0])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 1, 1])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 0, 1])
    expect(await rows(session, 2)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })
})
