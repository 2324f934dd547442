/**
 * Several reports that name one hold: it serves the first of them, in a batch as one by one.
 *
 * Method: a quota that charges the hold of what has no price, so that it can be seen whom the hold served.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, batch, kinds, R1, type Report, single } from './reports.ts'

describe.each(kinds)('%s', (kind, report, unpriced) => {
  describe('a hold serves the first that names it', () => {
    const HOLD = `
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
      values ('tenant', '${A}', 'all', 100, 'day', 'charge_hold');
      insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
      values ('${A}', '${R1}', '${kind}', 2, now() + interval '1 hour')`
    const held = (name: string, more: Report = {}) => ({
      ...report,
      ...unpriced,
      request_id: name,
      reservation_id: R1,
      ...more,
    })
    const estimates = (...reports: readonly Report[]) =>
      `select request_id as request, is_estimated as estimated from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(reports)}')`
    const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`

    test('of two without a price', async ({ as, session }) => {
      await session.run(HOLD)
      await as(service)(estimates(held('a'), held('b'))).resultsEq([
        { request: 'a', estimated: true },
        { request: 'b', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 2 }])
    })

    test('of two, though the second is known', async ({ as, session }) => {
      await session.run(HOLD)
      await session.query(single(kind, held('known', { reservation_id: null })))
      await as(service)(estimates(held('a'), held('known'))).resultsEq([
        { request: 'a', estimated: true },
        { request: 'known', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 2 }])
    })

    test('though that is known, and the other new', async ({ as, session }) => {
      await session.run(HOLD)
      await session.query(single(kind, held('known', { reservation_id: null })))
      await as(service)(estimates(held('known'), held('a'))).resultsEq([
        { request: 'known', estimated: false },
        { request: 'a', estimated: false },
      ])
      await as(owner)(spent).resultsEq([{ spent: 0 }])
      await as(owner)(`
        select h.record_id = u.record_id as known, h.closed_at is not null as closed from copilot_internal.quota_reservations as h
        join copilot_internal.usage_requests as u on u.request_id = 'known'`).resultsEq([
        { known: true, closed: true },
      ])
    })

    test('of many', async ({ as, session }) => {
      await session.run(HOLD)
      const many = Array.from({ length: 20 }, (_, i) => held(`r${(i * 7) % 20}`))
      await session.query(batch(kind, ...many))
      await as(owner)`
        select u.request_id as first from copilot_internal.quota_reservations as h join copilot_internal.usage_requests as u using (record_id)`.resultsEq(
        [{ first: 'r0' }],
      )
    })

    test('of many that name several holds, each serves the first of its own', async ({ as, session }) => {
      const holds = ['1', '2', '3', '4'].map((n) => R1.slice(0, -1) + n)
      await session.run(
        HOLD +
          holds
            .slice(1)
            .map(
              (
                id,
              ) => `; insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
                         values ('${A}', '${id}', '${kind}', 2, now() + interval '1 hour')`,
            )
            .join(''),
      )
      const many = Array.from({ length: 60 }, (_, i) =>
        held(`r${i}`, { reservation_id: holds[(i * 7 + Math.floor(i / 4)) % 4] }),
      )
      const first = holds.map((id) => many.findIndex(({ reservation_id }) => reservation_id === id)).sort()
      await as(service)(`select request from (${estimates(...many)}) as r where estimated`).bagEq(
        first.map((i) => ({ request: `r${i}` })),
      )
      await as(owner)`
        select u.request_id as request from copilot_internal.quota_reservations as h join copilot_internal.usage_requests as u using (record_id)`.bagEq(
        first.map((i) => ({ request: `r${i}` })),
      )
    })

    test('though that has a price', async ({ as, session }) => {
      await session.run(HOLD)
      await as(service)(estimates({ ...report, reservation_id: R1, request_id: 'a' }, held('b'))).bagHas([
        { request: 'b', estimated: false },
      ])
      await as(owner)`select record_id from copilot_internal.quota_charge_estimates`.isEmpty()
    })
  })
})
