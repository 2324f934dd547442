/**
 * The fingerprint of a database: equal where everything is, on every engine, and different where anything is not.
 *
 * Method: one thing at a time is changed in a migrated database; the fingerprint names its object, and no other.
 */
import { readFileSync } from 'node:fs'
import { priceChanges, schemaChanges } from '../../../fixtures/planted-changes.ts'
import { differences, fingerprint, fingerprintOf, fingerprintText } from '../../catalog/index.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, sampled, test } from '../../harness/index.ts'

const golden = readFileSync(new URL('../../../supabase/schema.fingerprint', import.meta.url), 'utf8')

test('it is the golden one, whatever the engine', async ({ session }) => {
  expect(
    fingerprintText(await fingerprint(session)),
    'supabase/schema.fingerprint is stale: run `npm run schema` and review the diff of schema.sql',
  ).toBe(golden)
})

test('the session’s search path, time zone and date style are no part of it', async ({ session }) => {
  await session.run(
    `set local search_path = ''; set local timezone = 'Asia/Kathmandu'; set local datestyle = 'German';`,
  )
  expect(fingerprintText(await fingerprint(session))).toBe(golden)
})

describe('nothing is never equal', () => {
  test('a database without the schema has no fingerprint', async ({ platform }) => {
    await expect(fingerprint(platform)).rejects.toThrow(/no schema copilot_internal/)
  })

  test('a fingerprint without facts, or with one twice, is an error', () => {
    const fact = { object: 'relation a', fact: 'definition', value: 'x' }
    expect(() => fingerprintOf([])).toThrow(/without facts/)
    expect(() => fingerprintOf([fact, { ...fact, value: 'y' }])).toThrow(/each fact once/)
  })
})

describe('each single change is noticed, and nothing else is blamed', () => {
  const linesOf = async (session: Session) =>
    fingerprintText(await fingerprint(session))
      .trimEnd()
      .split('\n')
  // Not the golden one: whatever else has changed in the migrations is no matter of these.
  let unchanged: readonly string[] | undefined
  sampled([...schemaChanges, ...priceChanges], 'bulk-catalog-work')(
    '%s',
    async ([change, object], { session }) => {
      unchanged ??= await linesOf(session)
      const before = unchanged
      await session.query(change)
      const lines = await linesOf(session)
      const differing = [
        ...lines.filter((line) => !before.includes(line)),
        ...before.filter((line) => !lines.includes(line)),
      ]
      expect([...new Set(differing.map((line) => line.slice(line.indexOf(' ') + 2)))]).toEqual([object])
    },
  )
})

test('a difference names the fact, what is there and what was wanted', async ({ session }) => {
  const want = await fingerprint(session)
  await session.run(`
    alter role anon createdb;
    create sequence copilot_internal.extra;
    drop trigger _300_guard_price on copilot_internal.e2b_pricing;`)
  expect(differences(await fingerprint(session), want)).toMatchObject([
    { object: 'relation e2b_pricing', fact: 'trigger _300_guard_price: comment', want: expect.any(String) },
    {
      object: 'relation e2b_pricing',
      fact: 'trigger _300_guard_price: definition',
      want: expect.stringContaining('guard_price'),
    },
    { object: 'relation e2b_pricing', fact: 'trigger _300_guard_price: state', want: 'enabled' },
    { object: 'relation extra', fact: 'comment', have: null },
    { object: 'relation extra', fact: 'definition', have: 'sequence' },
    { object: 'relation extra', fact: 'owner', have: 'postgres' },
    { object: 'role anon', fact: 'creates databases', have: 'yes', want: 'no' },
  ])
})
