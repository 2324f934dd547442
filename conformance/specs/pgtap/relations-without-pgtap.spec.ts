/**
 * What pgTAP has no words for of relations and what belongs to them (row level security, what policies say, constraints by name,
 * views' options, comments), and of all things of a kind in a table or schema.
 *
 * Method: each claim is made on the zoo where it holds, and where it does not; its words are compared, too, since pgTAP cannot
 * judge them.
 */
import { describe, expect, test } from '../../harness/index.ts'
import * as policies from './cases/policies-without-pgtap.ts'
import * as relations from './cases/relations-without-pgtap.ts'
import * as schemaWide from './cases/schema-wide-without-pgtap.ts'
import type { Claim } from './cases/without-pgtap.ts'

const kept = [...policies.kept, ...relations.kept, ...schemaWide.kept]
const broken = [...policies.broken, ...relations.broken, ...schemaWide.broken]

describe('claims that pgTAP lacks', () => {
  test('hold, and say what they claim', async ({ zoo }) => {
    for (const [description, claim] of kept)
      expect(await claim(zoo)).toEqual({ ok: true, description, diagnostics: '' })
  })

  test('are broken, and say why', async ({ zoo }) => {
    for (const [diagnostics, claim] of broken) {
      const { ok, description, diagnostics: words } = await claim(zoo)
      expect({ ok, description, diagnostics: words }).toEqual({ ok: false, description, diagnostics })
    }
  })

  test('are each seen to hold and to be broken', () => {
    const named = (claims: readonly (readonly [string, Claim])[]) =>
      new Set(claims.map(([, claim]) => /catalog\.(\w+)/.exec(String(claim))?.[1] ?? ''))
    expect([...named(broken)].sort()).toEqual([...named(kept)].sort())
    expect(named(kept)).toContain('rlsIsEnabled')
  })
})
