/**
 * Who charges several quotas waits for one of them without holding another: so whoever locks quotas in another order waits for
 * nobody.
 *
 * Method: somebody holds one quota; who charges is seen waiting; the other quota can be had by a third.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { waiting } from '../races/two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const [Q1, Q2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const QUOTAS = `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period)
  values ('${Q1}', 'tenant', '${acme.tenantId}', 'llm', 10, 'day'), ('${Q2}', 'tenant', '${acme.tenantId}', 'all', 10, 'day')`
const lock = (id: string, how: string) =>
  `select id from copilot_internal.cost_quotas where id = '${id}' for ${how}`

concurrent.for([
  ['first', 'update'],
  ['second', 'update'],
  // Also of a reader: what is charged is taken alone.
  ['first', 'share'],
  ['second', 'share'],
] as const)(
  'the %s, locked for %s, is waited for without the other',
  async ([which, how], { ownDatabase }) => {
    const [held, free] = which === 'first' ? [Q1, Q2] : [Q2, Q1]
    const database = await ownDatabase()
    const [holder, charger, third] = (await Promise.all(
      Array.from({ length: 3 }, () => database.connect()),
    )) as [Session, Session, Session]
    await holder.run(QUOTAS)
    await holder.query('begin')
    await holder.query(lock(held, how))
    const [answer] = await waiting(
      holder,
      charger,
      `select copilot_internal.apply_charges('{${Q1},${Q2}}', '{1,2}')`,
    )
    expect(await third.query(lock(free, 'update nowait'))).toEqual([{ id: free }])
    await holder.query('rollback')
    await answer
    expect(
      await third.query(
        'select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas order by id',
      ),
    ).toEqual([{ spent: '1' }, { spent: '2' }])
    await Promise.all([holder.close(), charger.close(), third.close()])
  },
)
