/**
 * Usage that is revised or repriced while somebody else is in the middle of it.
 *
 * Method: the first leaves its transaction open. Whoever has to wait is seen waiting before the first goes on; whoever must not
 * gives up at once if it waits. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { two, waiting } from './two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const id = acme.tenantId

const kinds = [
  {
    kind: 'llm',
    record: `copilot_internal.record_llm_usage('${id}', 'openai', 'gpt-4', 1000, 0, request)`,
    unpriced: `copilot_internal.record_llm_usage('${id}', 'new', 'one', 1000, 0, request)`,
    set: `copilot_internal.set_model_price('new', 'one', 1, 1, '2026-01-01')`,
    reprice: `copilot_internal.reprice_unpriced_usage('new', 'one')`,
  },
  {
    kind: 'e2b',
    record: `copilot_internal.record_e2b_usage('${id}', 'standard', 'us-east-1', 10, request_id => request)`,
    unpriced: `copilot_internal.record_e2b_usage('${id}', 'new', 'us-east-1', 10, request_id => request)`,
    set: `copilot_internal.set_e2b_price('new', 'us-east-1', 1, 1, 1, 1, '2026-01-01')`,
    reprice: `copilot_internal.reprice_unpriced_e2b_usage('new')`,
  },
] as const
const requests = (...names: readonly string[]) =>
  `from (values ${names.map((name) => `('${name}')`)}) as r (request)`

describe.each(kinds)('$kind', ({ kind, record, unpriced, set, reprice }) => {
  const revise = (size: number) => `select copilot_internal.revise_${kind}_usage('${id}', 'a', ${size})`

  concurrent(
    `take_${kind}_record waits for whoever holds the request, or the record`,
    async ({ ownDatabase }) => {
      const [first, second] = await two(ownDatabase, `select ${record} ${requests('a')}`)
      const [own] = await second.query('select pg_backend_pid() as pid')
      for (const [size, table] of [
        [2000, 'usage_requests'],
        [3000, `${kind}_cost_records`],
      ] as const) {
        await first.query('begin')
        // Even for a reader: what is revised is taken alone, and before anything is written.
        await first.query(`select from copilot_internal.${table} for share`)
        await first.query('lock table copilot_internal.usage_changes in share mode')
        const [answer] = await waiting(first, second, revise(size))
        expect(
          await first.query(
            `select locktype from pg_catalog.pg_locks where pid = $1 and not granted and locktype = 'relation'`,
            [own?.['pid']],
          ),
        ).toEqual([])
        await first.query('rollback')
        expect(await answer).toHaveLength(1)
      }
      await Promise.all([first.close(), second.close()])
    },
  )

  concurrent('reprice_unpriced passes over what is just being voided, or held', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, `select ${unpriced} ${requests('a', 'b', 'c')}`)
    await first.query(`select ${set}`)
    await first.query('begin')
    await first.query(`select copilot_internal.void_usage('${id}', '${kind}', 'a')`)
    await first.query(`select from copilot_internal.${kind}_cost_records where request_id = 'b' for share`)
    await second.run(`set lock_timeout = '500ms'`)
    expect(await second.query(`select ${reprice} as priced`)).toEqual([{ priced: '1' }])
    await first.query('rollback')
    expect(await second.query(`select ${reprice} as priced`)).toEqual([{ priced: '2' }])
    await Promise.all([first.close(), second.close()])
  })
})

concurrent(
  'revise_llm_usage judges an estimate at a price that no longer changes',
  async ({ ownDatabase }) => {
    const [first, second] = await two(
      ownDatabase,
      `select copilot_internal.record_llm_usage('${id}', 'openai', 'gpt-4', 1000, 0, 'a', is_estimated => true)`,
    )
    const [own] = await second.query('select pg_backend_pid() as pid')
    await first.query('begin')
    await first.query('lock table copilot_internal.quota_charge_estimates')
    const [answer] = await waiting(
      first,
      second,
      `select is_estimated from copilot_internal.revise_llm_usage('${id}', 'a', 2000)`,
    )
    expect(
      await first.query(
        `select mode, (classid::bigint << 32) | objid::bigint = copilot_internal.price_lock('model_pricing', 'openai', 'gpt-4') as its
         from pg_catalog.pg_locks where locktype = 'advisory' and pid = $1`,
        [own?.['pid']],
      ),
    ).toEqual([{ mode: 'ShareLock', its: 't' }])
    await first.query('rollback')
    expect(await answer).toEqual([{ is_estimated: 't' }])
    await Promise.all([first.close(), second.close()])
  },
)
