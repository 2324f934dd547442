/**
 * Usage without a price, whose hold is charged: by which quotas, and by which holds.
 *
 * Method: quotas and holds that have all but one thing in common with the one that is meant.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, B, kinds, R1, R2, report } from './rows.ts'

describe.each(kinds)('%s without a price, whose hold is charged', (kind) => {
  const unpriced = (more: string) =>
    report(kind, 'r', more).replace('gpt-4', 'in-house').replace('standard', 'mainframe')
  const hold = (given: Readonly<Record<string, string>> = {}) => {
    const all = {
      ...{ tenant_id: `'${A}'`, id: `'${R1}'`, resource_type: `'${kind}'`, amount_usd: '2' },
      ...{ expires_at: `now() + interval '1 hour'`, ...given },
    }
    return `insert into copilot_internal.quota_reservations (${Object.keys(all)}) values (${Object.values(all)});`
  }
  const quota = (scope: string, id: string, policy = 'charge_hold', of = 'all') => `
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
    values ('${scope}', ${id}, '${of}', 100, 'day', '${policy}');`
  const asked = (more = '') =>
    `select is_estimated from ${unpriced(`, reservation_id => '${R1}', user_id => '${acme.userId}'${more}`)}`
  const spent = `select trim_scale(sum(spent_usd)) as spent from copilot_internal.cost_quotas`

  test('by a quota that it concerns, and that charges holds', async ({ as, session }) => {
    for (const [, made, isCharged] of [
      ['the platform’s', quota('platform', 'null'), true],
      ['the tenant’s', quota('tenant', `'${A}'`), true],
      ['the user’s', quota('user', `'${acme.userId}'`), true],
      ['of this kind', quota('tenant', `'${A}'`, 'charge_hold', kind), true],
      ['of the other kind', quota('tenant', `'${A}'`, 'charge_hold', kind === 'llm' ? 'e2b' : 'llm'), false],
      ['another tenant’s', quota('tenant', `'${B}'`), false],
      ['another user’s', quota('user', `'${birch.userId}'`), false],
      ['a tenant’s of the user’s id', quota('tenant', `'${acme.userId}'`), false],
      ['a user’s of the tenant’s id', quota('user', `'${A}'`), false],
      ['one that allows', quota('tenant', `'${A}'`, 'allow'), false],
      [
        'one that has not started',
        quota('tenant', `'${A}'`)
          .replace('period,', 'period, period_start,')
          .replace(`'day',`, `'day', now() + interval '1 hour',`),
        false,
      ],
      [
        'one that started in this transaction',
        quota('tenant', `'${A}'`)
          .replace('period,', 'period, period_start,')
          .replace(`'day',`, `'day', clock_timestamp(),`),
        true,
      ],
    ] as const) {
      await session.query('savepoint one')

      // Another one concerns it, too, and charges nothing; a third concerns nobody here, and would.
      await session.run(
        hold() +
          made +
          quota('platform', 'null', 'refuse_hold', kind) +
          quota('tenant', `'00000000-0000-4000-8000-00000000ffff'`),
      )
      await as(service)(asked()).resultsEq([{ is_estimated: isCharged }])
      await as(owner)(spent).resultsEq([{ spent: isCharged ? 2 : 0 }])
      // What was not charged is not given back, either.
      await as(owner)`select count(*) as estimates from copilot_internal.quota_charge_estimates`.resultsEq([
        { estimates: isCharged ? 1 : 0 },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('by a hold of its own that has not served', async ({ as, session }) => {
    for (const [, given, isCharged] of [
      ['is another tenant’s', { tenant_id: `'${B}'` }, false],
      ['is another one', { id: `'${R2}'` }, false],
      ['is of the other kind', { resource_type: kind === 'llm' ? `'e2b'` : `'llm'` }, false],
      ['has become a record', { closed_at: 'now()', record_id: `'${R2}'` }, false],
      [
        'was settled and has become a record',
        { closed_at: 'now()', settled_usd: '0', record_id: `'${R2}'` },
        false,
      ],
      ['was given back', { closed_at: 'now()' }, false],
      ['holds nothing', { amount_usd: '0' }, false],
      ['holds the least there is', { amount_usd: '0.000000000000000001' }, true],
      [
        'is over',
        { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` },
        true,
      ],
      ['is over, and was closed', { closed_at: 'now()', is_expired: 'true' }, true],
      ['was settled by nothing', { closed_at: 'now()', settled_usd: '0' }, true],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(given) + quota('tenant', `'${A}'`))
      await as(service)(asked()).resultsEq([{ is_estimated: isCharged }])
      await as(owner)`select count(*) as estimates from copilot_internal.quota_charge_estimates`.resultsEq([
        { estimates: isCharged ? 1 : 0 },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('what has a price is no estimate', async ({ as, session }) => {
    await session.run(hold() + quota('tenant', `'${A}'`))
    await as(service)(
      `select is_estimated from ${report(kind, 'r', `, reservation_id => '${R1}'`)}`,
    ).resultsEq([{ is_estimated: false }])
    await as(owner)(spent).resultsEq([{ spent: '0.03' }])
  })
})
