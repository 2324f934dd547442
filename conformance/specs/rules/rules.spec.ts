/**
 * The rules for every object of schema copilot_internal (conformance/rules): kept, and not for want of looking.
 *
 * Method: a rule asks the catalog for the objects that break it, so that one added later is held to it. Each is then broken by its
 * breach, and has to name what that broke; no other rule may have anything to say, so that a rule is about one thing.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { rules } from '../../rules/index.ts'

describe.each(rules().map((rule) => [rule.claim, rule] as const))('%s', (_, { name, query, breach }) => {
  test('it is kept', async ({ as }) => {
    await as(owner)(query).isEmpty()
  })

  test('each object that breaks it is named, and it alone is broken', async ({ session }) => {
    await session.run(breach.script)
    const broken: Record<string, readonly unknown[]> = {}
    for (const rule of rules()) {
      const rows = await session.query(rule.query)
      if (rows.length > 0) broken[rule.name] = rows.map(({ object }) => object).sort()
    }
    expect(broken).toEqual({ [name]: breach.noticed })
  })
})
