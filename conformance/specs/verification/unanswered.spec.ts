/**
 * A question without an answer is no finding: the server was busy or away, and nothing is known of the product.
 */
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import type { Finding } from '../../report/index.ts'
import { inReadOnlyTransaction, verifyPhase1 } from '../../verify/index.ts'

const verification = (session: Session, statementTimeoutMs: number) =>
  inReadOnlyTransaction(session, () => verifyPhase1(session), { statementTimeoutMs })

/** What could not be checked, and why; all else has passed. */
async function unchecked(verifying: Promise<readonly Finding[]>): Promise<Record<string, string>> {
  const findings = (await verifying).filter(({ outcome }) => outcome !== 'passed')
  return Object.fromEntries(
    findings.map((one) => [one.id, one.outcome === 'error' ? one.reason : one.outcome]),
  )
}

/** Makes a calculation of the product do something else. */
const calculating = (what: string) => `
  create or replace function copilot_internal.calculate_llm_cost(
    provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamptz default now())
  returns table (input_cost_usd numeric, output_cost_usd numeric, total_cost_usd numeric, pricing_found boolean)
  language plpgsql as $$ begin perform ${what}; end $$`

describe('what could not be checked is told, and all else is checked', () => {
  needs(
    'two-sessions',
    'own-database',
    'thorough-run',
  )('while somebody holds a lock', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const [holder, session] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    await holder.query('lock table copilot_internal.e2b_pricing')
    expect(await unchecked(verification(session, 1_000))).toEqual({
      'phase1/e2b-pricing': expect.stringMatching(
        /^Somebody holds a lock .*: try again when the deployment is over \(.*, SQLSTATE 55P03\)\.$/,
      ),
      'phase1/sandbox-cost': expect.stringMatching(/^Somebody holds a lock/),
    })
    await holder.query('rollback')
    expect((await verification(session, 30_000)).every(({ outcome }) => outcome === 'passed')).toBe(true)
    await holder.close()
    await session.close()
  })

  needs(
    'own-database',
    'interruption',
    'thorough-run',
  )('when a question takes too long', async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.query(calculating('pg_sleep(30)'))
    expect(await unchecked(verification(session, 500))).toEqual({
      'phase1/token-cost': expect.stringMatching(
        /^A question took longer than it may: allow more with --timeout, .*SQLSTATE 57014\)\.$/,
      ),
    })
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
