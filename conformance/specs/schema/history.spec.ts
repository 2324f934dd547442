/**
 * supabase/schema.facts.jsonl: what the migrations add up to after each of them.
 */

import { factsAt, fingerprint, history, historyText, recordHistory } from '../../catalog/index.ts'
import { migrations, versionOf } from '../../engines/index.ts'
import { expect, needs, test } from '../../harness/index.ts'

needs('bulk-catalog-work')('it is what each migration leaves, whatever the engine', async ({ platform }) => {
  expect(
    historyText(await recordHistory(platform, migrations())),
    'supabase/schema.facts.jsonl is stale: run `npm run schema` and review its diff',
  ).toBe(historyText(history()))
})

test('its last state is the fingerprint of a migrated database', async ({ session }) => {
  const last = versionOf(migrations().at(-1) ?? { name: '', sql: '' })
  const facts = factsAt(history(), last).map(({ object, fact, value }) => ({ object, fact, value }))
  const { facts: have } = await fingerprint(session)
  const sorted = (list: typeof facts) => list.map((fact) => JSON.stringify(fact)).sort()
  expect(sorted(facts)).toEqual(sorted([...have]))
})

/** Migrations that add rows and nothing else. */
const DATA = ['20260106000001']

test('every migration adds something to it, and one takes something back', () => {
  const past = history()
  for (const file of migrations().filter((one) => !DATA.includes(versionOf(one)))) {
    expect(past.filter(({ since }) => since === versionOf(file)).length).toBeGreaterThan(0)
  }
  expect(past.filter(({ until }) => until !== undefined).length).toBeGreaterThan(0)
})

test('no setting of a role that could be a secret has its value in it', () => {
  const told = /^setting (statement_timeout|lock_timeout|search_path|idle_in_transaction_session_timeout)$/
  const settings = history().filter(({ fact }) => fact.startsWith('setting '))
  expect(settings.length).toBeGreaterThan(0)
  expect(settings.filter(({ fact, value }) => !told.test(fact) && value !== 'set')).toEqual([])
})
