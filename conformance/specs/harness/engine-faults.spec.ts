/**
 * An engine that is at fault must not look like a product that is right.
 *
 * Method: the session of a working engine, with a fault planted in it, and claims that would pass or fail for the wrong
 * reason. What fails the test is ENGINE_WEDGED, and not the claim.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { claimsFor, describe, expect, Ledger, test } from '../../harness/index.ts'

const rows = 'select id from copilot_internal.llm_cost_records'

describe('a session that answers every query with no rows', () => {
  const mute = (session: Session): Session => ({
    ...session,
    query: async () => [],
    answer: async () => ({ columns: [], rows: [] }),
  })

  test('is caught, whatever is claimed', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(mute(session)).as
    await expect(as(acme)(rows).isEmpty()).rejects.toThrow(/ENGINE_WEDGED/)
    await expect(as(owner)(rows).livesOk()).rejects.toThrow(/ENGINE_WEDGED/)
  })
})

describe('a session that drops the role switch', () => {
  const roleless = (session: Session): Session => ({
    ...session,
    query: (text, values) => session.query(text.replace(`set_config('role', $1, true)`, '$1::text'), values),
  })

  test('is caught before the statement runs', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(roleless(session)).as
    await expect(as(acme)(rows).isEmpty()).rejects.toThrow(
      /ENGINE_WEDGED: acme is authenticated, but .* as postgres/,
    )
    await as(owner)(rows).isEmpty()
  })
})

describe('a session that swallows errors', () => {
  const careless = (session: Session): Session => ({
    ...session,
    query: (text, values) => session.query(text, values).catch(() => []),
    answer: (text, values) => session.answer(text, values).catch(() => ({ columns: [], rows: [] })),
  })

  test('is caught when a refused statement is claimed to live', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(careless(session)).as
    await expect(as(owner)`select 1/0`.livesOk()).rejects.toThrow(/ENGINE_WEDGED/)
    await expect(as(owner)`select 1/0`.isEmpty()).rejects.toThrow(/ENGINE_WEDGED/)
  })
})

describe('a session that answers with what it was asked before', () => {
  const stale = (session: Session): Session => {
    let first: Promise<Awaited<ReturnType<Session['query']>>> | undefined
    return {
      ...session,
      query: (text, values) => {
        if (!text.includes('nonce')) return session.query(text, values)
        first ??= session.query(text, values)
        return first
      },
    }
  }

  test('is caught by its second canary', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(stale(session)).as
    await as(owner)(rows).isEmpty()
    await expect(as(owner)(rows).isEmpty()).rejects.toThrow(/ENGINE_WEDGED/)
  })
})
