/**
 * The room of rules: each says what it holds and why, and has a breach.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from '../../harness/index.ts'
import { citusRulesFolder, rules, rulesFolder } from '../../rules/index.ts'

const RULE = '-- It holds.\n-- Why: because.\n\nselect;\n'
const BREACH = '-- Noticed: app.users\n\ndrop table app.users;\n'

test('every rule has a breach, and no file is left over', () => {
  for (const folder of [rulesFolder, citusRulesFolder]) {
    const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
    const named = rules(folder).flatMap(({ name }) => [`${name}.breach.sql`, `${name}.sql`])
    expect(named).toEqual(files.sort())
  }
})

test('what a rule claims is a title', () => {
  for (const { claim } of [...rules(), ...rules(citusRulesFolder)]) {
    expect(claim.length, claim).toBeLessThanOrEqual(70)
    expect(claim).not.toMatch(/\b(should|must|will|works)\b/i)
  }
})

const mistakes: readonly (readonly [what: string, files: Readonly<Record<string, string>>, says: RegExp])[] =
  [
    ['no rule', {}, /^No rules in .+: expected <rule>\.sql\.$/],
    ['a rule without a breach', { 'a.sql': RULE }, /^a\.sql has no breach: add a\.breach\.sql/],
    ['a breach of nothing', { 'a.sql': RULE, 'b.breach.sql': BREACH }, /^b\.breach\.sql breaks no rule/],
    [
      'a rule without its reason',
      { 'a.sql': '-- It holds.\n\nselect;\n', 'a.breach.sql': BREACH },
      /^a\.sql does not say what it holds and why/,
    ],
    [
      'a breach that nobody notices',
      { 'a.sql': RULE, 'a.breach.sql': 'drop table app.users;\n' },
      /^a\.breach\.sql does not say what is noticed/,
    ],
  ]

test.for(mistakes)('%s is refused by the room', ([, files, says]) => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  expect(() => rules(folder)).toThrow(says)
})

test('a rule is read with its breach', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.sql'), RULE)
  writeFileSync(join(folder, 'a.breach.sql'), BREACH)
  expect(rules(folder)).toEqual([
    { name: 'a', claim: 'It holds', query: RULE, breach: { script: BREACH, noticed: ['app.users'] } },
  ])
})
