/**
 * Names of a price list: those that no list may have are refused, and no other gets out of its place in a migration.
 *
 * Method: lists that hold a statement, an escape or a quote in each place that a name has. What a migration holds is read by
 * PostgreSQL's own parser.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, rounds, test, verb } from '../../harness/index.ts'
import { knownOf, migrationText, type PriceList, propose, Refused, readPrices } from '../../pricing/index.ts'
import { nodesOf, statementsOf } from '../../syntax/index.ts'
import { LIST, model, sheet } from './sheets.ts'

const folder = mkdtempSync(join(tmpdir(), 'names-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const DROP = 'drop schema copilot_internal cascade;'

describe('a name that a list may not have', () => {
  const plain = {
    litellm_provider: 'groq',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 2e-6,
  }
  const router = (name: string, entry: object = plain) =>
    JSON.stringify({ 'groq/plain': plain, [name]: entry })
  const csv = (name: string) =>
    `provider,model,unit,input,output\nopenai,"${name}",USD per token,0.1e-06,3e-07\n`
  const of = (value: object) => JSON.stringify(sheet({ ...model, ...value }))
  const cases = [
    {
      what: 'a line break',
      name: 'n1.json',
      content: router(`groq/evil\n${DROP}\n--`),
      says: /model "evil␊drop/,
    },
    {
      what: 'an escape',
      name: 'n2.json',
      content: router('groq/e\u001b[31mRED'),
      says: /model "e␛\[31mRED"/,
    },
    {
      what: 'a provider turned round',
      name: 'n3.json',
      content: router('x', { ...plain, litellm_provider: 'gr\u202eoq' }),
      says: /provider "gr⟨U\+202E⟩oq"/,
    },
    {
      what: 'an escape in what is not taken',
      name: 'n4.json',
      content: router('y\u001b', { litellm_provider: 'groq', mode: 'image' }),
      says: /entry "y␛"/,
    },
    { what: 'no name', name: 'n0.json', content: router('groq/'), says: /model "" of groq\/ is empty/ },
    {
      what: '201 characters',
      name: 'n5.json',
      content: of({ model: 'm'.repeat(201) }),
      says: /has 201 characters/,
    },
    {
      what: 'an escape in a source',
      name: 'n6.json',
      content: of({ source_ids: ['a\u0007'] }),
      says: /source "a␇"/,
    },
    {
      what: 'an escape in notes',
      name: 'n7.json',
      content: of({ notes: 'see\u001b[2J' }),
      says: /text "see␛\[2J"/,
    },
    { what: 'an escape in CSV', name: 'n8.csv', content: csv('gpt\u001b5'), says: /model "gpt␛5"/ },
    {
      what: 'an unknown column with one',
      name: 'n9.csv',
      content: 'provider,a\u001b\n',
      says: /columns: .*a␛/,
    },
    {
      what: 'a space after it',
      name: 'n12.json',
      content: of({ provider: 'groq ' }),
      says: /provider "groq " of .* begins or ends with a space/,
    },
    {
      what: 'a space that is none',
      name: 'n13.json',
      content: of({ model: 'gpt\u00a05' }),
      says: /model "gpt⟨U\+00A0⟩5" of .* white space other than a plain space/,
    },
    {
      what: 'a letter of another script',
      name: 'n14.json',
      content: of({ provider: 'gr\u043eq' }),
      says: /provider "gr⟨U\+043E⟩q" of .* mixes Latin letters with Cyrillic or Greek ones/,
    },
    {
      what: 'a day that is a path',
      name: 'n10.json',
      content: JSON.stringify({ ...JSON.parse(router('groq/z')), last_updated: '../../evil' }),
      says: /"..\/..\/evil", the day of .* is no day/,
    },
  ]

  test.for(cases)('$what', ({ name, content, says }) => {
    const read = () => readPrices(file(name, content))
    expect(read).toThrow(Refused)
    expect(read).toThrow(says)
    expect(read).toThrow(/^[ -~␀-␡⟨⟩…]{1,400}\.$/)
  })

  test('is told by the verb, which writes nothing', async () => {
    const list = file('n11.json', router(`groq/evil\n${DROP}\n--`))
    const out = join(folder, 'out')
    const run = await verb('pricing-migration', ['--from', LIST, list, '--add', '--out', out])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^Could not check: [^\n]*the model "evil␊drop schema[^\n]*\.\n$/)
    expect(existsSync(out)).toBe(false)
  }, 30_000)
})

describe('a migration, whatever the names', () => {
  /** What ends a comment, a quote or a statement. */
  const parts = [
    ...['\n', '\r', '\r\n', '\u2028', '\0', '--', '/*', '*/', "'", "''", '"', '\\', "\\'", ';', ' ', 'a'],
    ...[
      '$$',
      '$',
      '$body1$',
      '$body2$',
      'do $$begin',
      'end\n$$;',
      DROP,
      ') as sheet (',
      'gpt-5',
      'é',
      '\ud800',
    ],
  ]
  const any = fc
    .array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary', maxLength: 6 })), {
      minLength: 1,
      maxLength: 6,
    })
    .map((some) => some.join(''))
  const price = fc
    .record({
      list: fc.constantFrom('llm' as const, 'e2b' as const),
      of: any,
      name: any,
      source: any,
      notes: any,
    })
    .map(({ source, list, ...rest }) => ({
      ...rest,
      list,
      sources: [source],
      amounts: list === 'llm' ? { input: '1', output: '2' } : { price_per_second: '0.1' },
      derived: [],
      from: '2026-01-20T00:00:00Z',
    }))

  const textOf = (prices: PriceList['prices'], isThere: boolean, title: string) => {
    const list = { ...readPrices(LIST), prices }
    const before = prices.map((each) => ({
      ...each,
      from: '2026-01-01T00:00:00Z',
      amounts: { ...each.amounts, input: '3', price_per_second: '3' },
    }))
    const known = knownOf({ ...list, prices: isThere ? before : [] }, '2026-01-20T00:00:00Z')
    const { changes } = propose([list], known, { add: true, today: '2026-01-20' })
    return migrationText({
      name: '20260120000001_any',
      title,
      sources: { [title]: title },
      changes,
      accepted: [],
    })
  }

  test('is its guard and a block a kind, with each name as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(price, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        any,
        async (prices, isThere, title) => {
          const names = prices.flatMap(({ of, name }) => [of, name])
          const written = () => textOf(prices, isThere, title)
          if (names.some((name) => name.includes('\0'))) {
            expect(written).toThrow(Refused)
            return
          }
          // As the file has it: half a surrogate pair is none there.
          const blocks = await statementsOf(Buffer.from(written()).toString())
          const kinds = new Set(prices.map(({ list }) => list)).size
          expect(blocks.map(({ kind }) => kind)).toEqual(Array.from({ length: 1 + kinds }, () => 'DoStmt'))
          const rows = await Promise.all(blocks.slice(1).map(rowsOf))
          const literals = rows.flat()
          expect(names.filter((name) => !literals.includes(Buffer.from(name).toString()))).toEqual([])
        },
      ),
      { numRuns: rounds(200) },
    )
  })

  /** The texts in the rows of a block: what is looped over is one query. */
  async function rowsOf({ node }: Awaited<ReturnType<typeof statementsOf>>[number]): Promise<string[]> {
    const [body = ''] = nodesOf(node, 'String').map(({ sval }) => sval ?? '')
    const query = body.slice(
      body.indexOf('for wanted in') + 'for wanted in'.length,
      body.lastIndexOf('  loop\n'),
    )
    const found = await statementsOf(query)
    expect(found.map(({ kind }) => kind)).toEqual(['SelectStmt'])
    return nodesOf(found[0]?.node, 'A_Const').flatMap(({ sval }) => sval?.sval ?? [])
  }
})
