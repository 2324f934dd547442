/**
 * A question without an answer is no finding: the server was busy or away, and nothing is known of the product.
 */
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { inReadOnlyTransaction, verifyPhase1 } from '../../verify/index.ts'

const verification = (session: Session, statementTimeoutMs: number) =>
  inReadOnlyTransaction(session, () => verifyPhase1(session), { statementTimeoutMs })

/** Makes a calculation of the product do something else. */
const calculating = (what: string) => `
  create or replace function copilot_internal.calculate_llm_cost(
    provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamptz default now())
  returns table (input_cost_usd numeric, output_cost_usd numeric, total_cost_usd numeric, pricing_found boolean)
  language plpgsql as $$ begin perform ${what}; end $$`

describe('nothing could be checked', () => {
  needs('two-sessions', 'own-database')('while somebody holds a lock', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const [holder, session] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    await holder.query('lock table copilot_internal.e2b_pricing')
    await expect(verification(session, 1_000)).rejects.toThrow(
      /^Somebody holds a lock .*: try again when the deployment is over \(.*, SQLSTATE 55P03\)\.$/,
    )
    await holder.query('rollback')
    expect((await verification(session, 30_000)).every(({ outcome }) => outcome === 'passed')).toBe(true)
    await holder.close()
    await session.close()
  })

  needs('own-database', 'interruption')('when a question takes too long', async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.query(calculating('pg_sleep(30)'))
    await expect(verification(session, 500)).rejects.toThrow(
      /^A question took longer than it may: allow more with --timeout, .*SQLSTATE 57014\)\.$/,
    )
    await session.close()
  })

  needs(
    'own-database',
    'own-backend',
    'interruption',
  )('when the session is ended from outside', async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.query(calculating('pg_terminate_backend(pg_backend_pid())'))
    await expect(verification(session, 5_000)).rejects.toThrow(
      /^The server broke off: try again \(.*SQLSTATE 57P01\)\.$|^The connection to Postgres is closed/,
    )
    await session.close()
  })
})
