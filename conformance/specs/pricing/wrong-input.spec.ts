/**
 * Input that nothing can be made of: one sentence, which names the file and the place, and nothing else.
 *
 * Method: files are written into a folder of the test's own, and read as every verb reads them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { afterAll, describe, expect, rounds, test, verb } from '../../harness/index.ts'
import {
  isDay,
  isMoment,
  knownOf,
  migrationText,
  type PriceList,
  propose,
  Refused,
  readPins,
  readPrices,
  sheetJsonSchema,
} from '../../pricing/index.ts'
import { nodesOf, statementsOf } from '../../syntax/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'sheets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const model = {
  provider: 'openai',
  model: 'gpt-5',
  unit: 'USD per 1,000,000 tokens',
  input: '1.25',
  output: '10',
}
const sheet = (...models: unknown[]) => ({ meta: { as_of: '2026-01-20', currency: 'USD' }, models })
const LIST = 'fixtures/pricing/litellm-2026-01-03.json'
const litellm = readFileSync(LIST, 'utf8')

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const wrong = [
  {
    what: 'text that is not JSON',
    name: 'a.json',
    content: 'gpt-5 costs 1.25',
    says: /neither JSON nor a CSV file/,
  },
  {
    what: 'a list that is cut off',
    name: 'b.json',
    content: litellm.slice(0, 5000),
    says: /is not JSON, or is cut off/,
  },
  { what: '50 MB', name: 'c.json', content: Buffer.alloc(50 * 1024 * 1024, ' '), says: /has 52428800 bytes/ },
  {
    what: 'bytes that are no text',
    name: 'd.json',
    content: Buffer.from([0x7b, 0xff, 0xfe]),
    says: /is not UTF-8 text/,
  },
  {
    what: 'a wrong unit',
    name: 'e.json',
    content: JSON.stringify(sheet({ ...model, unit: 'EUR per 1,000 words' })),
    says: /models\.0\.unit \(gpt-5\) "EUR per 1,000 words": is no unit of a price: expected one of/,
  },
  {
    what: 'a number in place of a decimal string',
    name: 'f.json',
    content: JSON.stringify(sheet({ ...model, input: 1.25 })),
    says: /models\.0\.input \(gpt-5\): a price is a decimal string/,
  },
  {
    what: 'a model that is there twice',
    name: 'g.json',
    content: JSON.stringify(sheet(model, model)),
    says: /openai\/gpt-5 is there twice/,
  },
  {
    what: 'an unknown field',
    name: 'h.json',
    content: JSON.stringify(sheet({ ...model, inputs: '1' })),
    says: /models\.0 \(gpt-5\): Unrecognized key: "inputs"/,
  },
  {
    what: 'a day that no calendar has',
    name: 'i.json',
    content: JSON.stringify(sheet({ ...model, effective_from: '2026-02-30' })),
    says: /"2026-02-30": is neither a day nor a moment in UTC/,
  },
  {
    what: 'a sheet without prices',
    name: 'j.json',
    content: JSON.stringify(sheet()),
    says: /names no price/,
  },
  {
    what: 'a key twice in one object',
    name: 'k.json',
    content: '{"meta": 1, "meta": 2}',
    says: /is not JSON/,
  },
  {
    what: 'an unknown column',
    name: 'l.csv',
    content: 'provider,model,unit,input,output,price\n',
    says: /unknown columns: price/,
  },
  {
    what: 'a wrong unit in CSV',
    name: 'm.csv',
    content: 'provider,model,unit,input,output\nopenai,gpt-5,cents,125,1000\n',
    says: /line 2: "cents" is no unit of a price/,
  },
  {
    what: 'a column that is there twice',
    name: 'o.csv',
    content: 'provider,model,unit,input,output,input\nopenai,gpt-5,USD per token,1e-6,2e-6,3e-6\n',
    says: /has the column input twice/,
  },
  {
    what: 'CSV without prices',
    name: 'p.csv',
    content: 'provider,model,unit,input,output\n',
    says: /names no price: expected a line for each price/,
  },
  {
    what: 'a public list without prices',
    name: 'q.json',
    content: '{"sample_spec": {}}',
    says: /names no price: expected an entry for each model/,
  },
  {
    what: 'the year before the first',
    name: 'r.json',
    content: JSON.stringify(sheet({ ...model, effective_from: '0000-01-01' })),
    says: /"0000-01-01": is neither a day nor a moment in UTC/,
  },
]

describe('refused in one sentence', () => {
  test.for(wrong)('$what', ({ name, content, says }) => {
    const read = () => readPrices(file(name, content))
    expect(read).toThrow(Refused)
    expect(read).toThrow(says)
    expect(read).toThrow(/^[^\n]{1,400}\.$/)
  })

  test('a file that is not there', () => {
    expect(() => readPrices(join(folder, 'none.json'))).toThrow(/none\.json cannot be read \(ENOENT\)/)
    expect(() => readPrices('own=none.json', folder)).toThrow(`${folder}/none.json cannot be read`)
  })

  test('a provider that nobody has', () => {
    const lists = [readPrices(LIST)]
    const known = knownOf({ ...readPrices(LIST), prices: [] }, '2026-01-20T00:00:00Z')
    const taken = { today: '2026-01-20', add: true }
    expect(() => propose(lists, known, { ...taken, providers: ['groq', 'grokk'] })).toThrow(
      /has a price of --provider grokk: there is .*\bgroq\b/,
    )
    expect(propose(lists, known, { ...taken, providers: ['groq'] }).changes).not.toEqual([])
  })

  test('pins that are none', () => {
    expect(() => readPins(file('pins.json', '{"pins": [{"price": "x"}]}'), true)).toThrow(
      /holds no pins: pins\.0\.field/,
    )
  })
})

describe('a time that no calendar has', () => {
  test.for(['2026-02-30', '0000-01-01', '2026-13-01', '2026-1-1', ''])('"%s" is no day', (text) => {
    expect(isDay(text)).toBe(false)
    expect(isMoment(text)).toBe(false)
  })

  test.for(['2026-01-19T24:00:00Z', '2026-02-30T00:00:00Z', '2026-01-19T12:60:00Z'])(
    '%s is no moment',
    (text) => {
      expect(isMoment(text)).toBe(false)
    },
  )

  test('others are', () => {
    expect(['2024-02-29', '0001-01-01'].every(isDay)).toBe(true)
    expect(['2024-02-29', '2026-01-19T23:59:59Z', '2026-01-19T23:59:59.999999Z'].every(isMoment)).toBe(true)
  })
})

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

describe('read exactly', () => {
  const list = readPrices('fixtures/pricing/litellm-2026-01-03.json')
  const of = (name: string) => list.prices.find((price) => `${price.of}/${price.name}` === name)

  test('1.5e-07 a token is 0.15 a million', () => {
    expect(litellm).toContain('"input_cost_per_token": 1.5e-07')
    expect(of('groq/openai/gpt-oss-120b')?.amounts).toEqual({ input: '0.15', output: '0.75' })
  })

  test('components, batches and long contexts come along', () => {
    expect(of('openai/gpt-4o')?.amounts).toEqual({
      input: '2.5',
      output: '10',
      cached_input: '1.25',
      'batch.input': '1.25',
      'batch.output': '5',
    })
    expect(of('google/gemini-2.5-pro')).toMatchObject({
      threshold: 200_000,
      amounts: { 'long_context.input': '2.5', 'long_context.output': '15' },
    })
  })

  test('each number of a binary float is the decimal that is written', () => {
    const path = file('n.csv', 'provider,model,unit,input,output\na,b,USD per token,0.1e-06,3e-07\n')
    expect(readPrices(path).prices[0]?.amounts).toEqual({ input: '0.1', output: '0.3' })
  })

  test('every entry and every priced key is taken, or named', () => {
    const entries: Record<string, Record<string, unknown>> = JSON.parse(litellm)
    const { sample_spec: _, last_updated: __, ...models } = entries
    const priced = list.prices.map((price) => price.name)
    const named = list.leftovers.map(({ at }) => at)
    for (const [name, entry] of Object.entries(models)) {
      const short = name.replace(`${entry['litellm_provider']}/`, '')
      const isTaken = priced.includes(short)
      expect(isTaken || named.includes(name), name).toBe(true)
      if (!isTaken) continue
      for (const key of Object.keys(entry).filter((each) => /cost|price/.test(each)))
        expect(named.includes(`${name}: ${key}`) || PLAIN_KEYS.test(key), `${name}: ${key}`).toBe(true)
    }
  })

  test('a router’s −1 is no price, and an unknown key is told', () => {
    expect(list.leftovers.filter(({ kind }) => kind === 'negative').map(({ at }) => at)).toEqual([
      'openrouter/auto: input_cost_per_token',
      'openrouter/auto: output_cost_per_token',
    ])
    const july = readPrices('fixtures/pricing/litellm-2026-07-24.json')
    expect(july.leftovers.filter(({ kind }) => kind === 'unknown key').map(({ at }) => at)).toEqual([
      'groq/made-up-model: moon_phase_surcharge',
    ])
  })

  test('models.dev gives the same as LiteLLM where both are right', () => {
    const dev = readPrices('fixtures/pricing/models-dev.json')
    const july = readPrices('fixtures/pricing/litellm-2026-07-24.json')
    const amounts = (prices: typeof dev.prices, name: string) =>
      prices.find((price) => price.name === name)?.amounts
    expect(amounts(dev.prices, 'openai/gpt-oss-20b')).toEqual({ input: '0.075', output: '0.3' })
    expect(amounts(july.prices, 'gemini-2.5-pro')).toMatchObject(amounts(dev.prices, 'gemini-2.5-pro') ?? {})
    expect(dev.leftovers.map(({ kind }) => kind).sort()).toEqual(['audio', 'no plain price'])
  })
})

/** What a price has a place for, and its thresholds. */
const PLAIN_KEYS =
  /^(input|output)_cost_per_token(_batches|_above_\d+k_tokens)?$|^cache_(read|creation)_input_token_cost(_above_1hr|_above_\d+k_tokens)?$/

describe('the published schema', () => {
  const ajv = new Ajv.default({ strict: false })
  addFormats.default(ajv)
  const valid = ajv.compile(JSON.parse(sheetJsonSchema()))

  test('is the one that the repository carries', () => {
    expect(readFileSync('conformance/pricing/sheet.schema.json', 'utf8')).toBe(sheetJsonSchema())
  })

  test('takes the sheets that are here', () => {
    for (const path of [
      'fixtures/prices-2026-01-04.json',
      'fixtures/pricing/several-changes.json',
      'fixtures/pricing/e2b-list-rates.json',
    ])
      expect(valid(JSON.parse(readFileSync(path, 'utf8'))), path).toBe(true)
  })

  test('refuses a number as a price, and an unknown unit', () => {
    expect(valid(sheet({ ...model, input: 1.25 }))).toBe(false)
    expect(valid(sheet({ ...model, unit: 'cents' }))).toBe(false)
    expect(valid(sheet(model))).toBe(true)
  })
})
