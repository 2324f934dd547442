/** Each quota is charged its amount, rounded to 18 decimals, the half away from zero, whether it is charged alone or with others. */
import { acme } from '../../../fixtures/people.ts'
import { expect, test } from '../../harness/index.ts'

const [Q1, Q2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const QUOTAS = `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, spent_usd, period)
  values ('${Q1}', 'tenant', '${acme.tenantId}', 'llm', 10, 1, 'day'), ('${Q2}', 'tenant', '${acme.tenantId}', 'all', 10, 1, 'day')`
const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas order by id`
const charge = (ids: readonly string[], amounts: readonly string[]) =>
  `select copilot_internal.apply_charges('{${ids.join()}}', '{${amounts.join()}}')`

test.for([
  ['0.0000000000000000005', '1.000000000000000001'],
  ['0.00000000000000000049', '1'],
  ['-0.0000000000000000005', '0.999999999999999999'],
  ['-0.00000000000000000049', '1'],
  ['1.0000000000000000005', '2.000000000000000001'],
] as const)('1 and %s are %s, alone, with another and after it', async ([amount, sum], { session }) => {
  for (const before of ['', charge([Q2], ['0'])]) {
    for (const [ids, amounts] of [
      [[Q1], [amount]],
      [
        [Q1, Q2],
        [amount, amount],
      ],
    ] as const) {
      await session.query('savepoint charged')
      await session.run(`${QUOTAS}; ${before}`)
      await session.query(charge(ids, amounts))
      expect((await session.query(spent)).map((quota) => quota['spent'])).toEqual(
        ids.length === 2 ? [sum, sum] : [sum, '1'],
      )
      await session.query('rollback to savepoint charged')
    }
  }
})

test('of a quota that comes twice each amount is rounded, and they are added up', async ({ session }) => {
  await session.run(QUOTAS)
  await session.query(charge([Q1, Q2, Q1], ['0.0000000000000000005', '2', '0.0000000000000000005']))
  expect(await session.query(spent)).toEqual([{ spent: '1.000000000000000002' }, { spent: '3' }])
})

test.for([
  [[Q1], []],
  [[], ['1']],
  [[Q1], ['null']],
  [
    [Q1, Q2],
    ['1', 'null'],
  ],
] as const)('quotas %j with the amounts %j are refused', async ([ids, amounts], { session }) => {
  await session.run(QUOTAS)
  await session.query('savepoint before')
  await expect(session.query(charge(ids, amounts))).rejects.toMatchObject({
    code: '22004',
    message: 'Each quota needs an amount.',
  })
  await session.query('rollback to savepoint before')
  expect(await session.query(spent)).toEqual([{ spent: '1' }, { spent: '1' }])
})
