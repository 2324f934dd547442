/**
 * Input that nothing can be made of: one sentence, which names the file and the place, and nothing else.
 *
 * Method: files are written into a folder of the test's own, and read as every verb reads them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, describe, expect, test } from '../../harness/index.ts'
import {
  applied,
  isDay,
  isMoment,
  knownOf,
  propose,
  Refused,
  readPins,
  readPrices,
  sheetJsonSchema,
} from '../../pricing/index.ts'
import { LIST, model, sheet } from './sheets.ts'

const folder = mkdtempSync(join(tmpdir(), 'sheets-'))
afterAll(() => rmSync(folder, { recursive: true }))

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
  {
    what: 'an end before the beginning',
    name: 's.json',
    content: JSON.stringify(sheet({ ...model, effective_from: '2026-01-05', expires_at: '2026-01-04' })),
    says: /openai\/gpt-5 ends at 2026-01-04T00:00:00Z, which is not after its beginning at 2026-01-05T00/,
  },
  {
    what: 'an end at the beginning, in CSV',
    name: 't.csv',
    content:
      'provider,model,unit,input,output,effective_from,expires_at\nopenai,gpt-5,USD per token,1e-6,2e-6,2026-01-05,2026-01-05T00:00:00.000Z\n',
    says: /openai\/gpt-5 ends at .* not after its beginning/,
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

  test('an end that --effective leaves no time before', () => {
    const lists = [readPrices(file('u.json', JSON.stringify(sheet({ ...model, expires_at: '2026-02-01' }))))]
    const known = knownOf({ ...readPrices(LIST), prices: [] }, '2026-01-20T00:00:00Z')
    expect(() => propose(lists, known, { today: '2026-01-20', effective: '2026-02-01' })).toThrow(
      /^openai\/gpt-5 ends at 2026-02-01T00:00:00Z, which is not after its beginning/,
    )
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

describe('an error in CSV names the line of the file', () => {
  const good = 'openai,gpt-5,USD per token,1e-6,2e-6,'
  const bad = 'openai,o3,cents,1,2,'
  const ways = [
    { what: 'below blank lines', rows: ['', '  ', good, '', bad], line: 6 },
    { what: 'below a quoted line break', rows: [`${good}"one`, '', 'two"', bad], line: 5 },
    { what: 'where the row itself has one', rows: [good, '', `${bad}"one`, 'two"'], line: 4 },
  ]
  for (const end of ['\n', '\r\n'])
    test.for(ways)(`$what, lines that end with ${JSON.stringify(end)}`, ({ rows, line }) => {
      const path = file('w.csv', ['provider,model,unit,input,output,notes', ...rows, ''].join(end))
      expect(() => readPrices(path)).toThrow(`w.csv, line ${line}: "cents" is no unit`)
    })
})

describe('equal moments in two spellings are one', () => {
  const at = (from: string, until: string) =>
    readPrices(file('v.json', JSON.stringify(sheet({ ...model, effective_from: from, expires_at: until }))))
  const known = knownOf(at('2027-06-01', '2027-07-01T00:00:00.5Z'), '2026-01-20T00:00:00Z')
  const spelt = at('2027-06-01T00:00:00.000Z', '2027-07-01T00:00:00.500000Z')

  test('the same price changes nothing', () => {
    expect(spelt.prices).toMatchObject([{ from: '2027-06-01T00:00:00Z', until: '2027-07-01T00:00:00.5Z' }])
    expect(propose([spelt], known, { today: '2026-01-20' }).changes).toMatchObject([{ kind: 'same' }])
  })

  test('another price takes the place of the one that is there', () => {
    const [price] = spelt.prices
    const prices = price ? [{ ...price, amounts: { ...price.amounts, output: '9' } }] : []
    const { changes } = propose([{ ...spelt, prices }], known, { today: '2026-01-20' })
    expect(applied(known, changes).versions.get('openai/gpt-5')).toMatchObject([{ amounts: { output: '9' } }])
  })
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

  test('a file is CSV whatever the case of its ending', () => {
    const path = file('UPPER.CSV', 'provider,model,unit,input,output\na,b,USD per token,1e-06,3e-06\n')
    expect(readPrices(path)).toMatchObject({ source: 'UPPER', format: 'csv', prices: [{ name: 'b' }] })
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
