/**
 * Each mistake that price lists really had is noticed, named, and stops a migration.
 *
 * Method: one mistake is planted in the sheet that the migrations were written from, and compared with that sheet.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Planted, plantedMistakes } from '../../../fixtures/pricing/planted-mistakes.ts'
import { afterAll, describe, expect, test } from '../../harness/index.ts'
import {
  judge,
  type Known,
  keyOf,
  knownOf,
  makeUpdate,
  propose,
  readPrices,
  unsafe,
} from '../../pricing/index.ts'

const FILE = 'fixtures/prices-2026-01-04.json'
const DAY = '2026-01-20'
const folder = mkdtempSync(join(tmpdir(), 'planted-'))
afterAll(() => rmSync(folder, { recursive: true }))

const base = readPrices(FILE)
const known = knownOf(base, `${DAY}T00:00:00Z`)

function sheetWith(plant: (sheet: Planted) => void, name = 'planted') {
  const sheet = JSON.parse(readFileSync(FILE, 'utf8'))
  plant(sheet)
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(sheet))
  return readPrices(file)
}

type Lists = Parameters<typeof propose>[0]

const made = (lists: Lists, options = {}, taken = {}, against: Known = known) =>
  makeUpdate({
    lists,
    proposal: propose(lists, against, { today: DAY, ...taken }),
    options,
    name: '20260120000001_prices',
    day: DAY,
  })

test('the sheet itself changes nothing', () => {
  expect(made([base])).toMatchObject({ open: [], files: undefined })
})

describe('a mistake in a sheet', () => {
  test.for(plantedMistakes)('is noticed, named and stops the migration: $what', ({ plant, key, says }) => {
    const { open, files } = made([sheetWith(plant)])
    expect(open.map((one) => one.key)).toContain(key)
    expect(open.find((one) => one.key === key)?.have).toMatch(says)
    expect(files).toBeUndefined()
  })
})

test('a real cut of 80 % passes with one reason, which the file keeps', () => {
  const cut = plantedMistakes.find(({ what }) => what === 'a real cut of 80 %')
  const list = sheetWith(cut?.plant ?? (() => {}))
  const { open, files } = made([list], {
    accept: { 'threefold:openai/o3': 'openai.com/pricing, 2026-01-20' },
  })
  expect(open).toEqual([])
  expect(files?.['migrations/20260120000001_prices.sql']).toContain(
    'threefold:openai/o3: openai.com/pricing, 2026-01-20',
  )
})

test('a negative price is accepted for no reason', () => {
  const list = sheetWith((sheet) => Object.assign(sheet.models[0] ?? {}, { input: '-1' }))
  const key = `negative:${list.prices.find(({ amounts }) => amounts['input'] === '-1')?.of}/gpt-5.2`
  expect(() => made([list], { accept: { [key]: 'the router says so' } })).toThrow(/cannot be accepted/)
})

describe('what shows in history or in other lists', () => {
  const former = base.prices.find((price) => keyOf(price) === 'openai/gpt-4o')
  const raised = new Map(known.versions)
  if (former)
    raised.set('openai/gpt-4o', [
      { ...former, id: 'a', from: '2025-01-01T00:00:00Z' },
      {
        ...former,
        id: 'b',
        from: '2026-01-10T00:00:00Z',
        amounts: { ...former.amounts, input: '3' },
      },
    ])
  const list = sheetWith((sheet) => {
    for (const model of sheet.models) if (model['model'] === 'gpt-4o') model['effective_from'] = '2026-01-20'
  })

  test('a price that was raised and is put back is noticed', () => {
    const { open } = made([list], {}, {}, { ...known, versions: raised })
    expect(open.map(({ key }) => key)).toEqual(['reverted:openai/gpt-4o'])
  })

  test('prices gone by the dozen are noticed', () => {
    const complete = sheetWith((sheet) => {
      Object.assign(sheet, { meta: { as_of: DAY, currency: 'USD', complete: true } })
      sheet.models.splice(0, 13)
      const [first] = sheet.models
      sheet.models.push({ ...first, provider: 'openai', model: 'gpt-4' })
    })
    const { open } = made([complete])
    expect(open.map(({ key }) => key)).toContain('mass-removal:openai')
  })

  const dearer = sheetWith((sheet) => {
    for (const model of sheet.models) if (model['model'] === 'gpt-4o') model['input'] = '2.8'
  }, 'other')

  test('two sources more than 10 % apart stop it until one is preferred', () => {
    expect(made([base, dearer]).open.map(({ key }) => key)).toEqual(['sources-disagree:openai/gpt-4o'])
    expect(made([base, dearer], {}, { prefer: ['prices-2026-01-04'] })).toMatchObject({
      open: [],
      files: undefined,
    })
    const { files } = made([base, dearer], {}, { prefer: ['other'] })
    expect(files?.['migrations/20260120000001_prices.sql']).toContain('input: 2.5 → 2.8')
  })

  const pin = {
    price: 'openai/gpt-4o',
    field: 'input',
    source: 'other',
    theirs: '2.8',
    ours: '2.50',
    verified_on: '2026-01-20',
    why: 'openai.com/pricing says 2.50',
  }

  test('a pin silences exactly its pair, and is told once the source has moved', () => {
    expect(made([base, dearer], {}, { pins: [pin] })).toMatchObject({ open: [], files: undefined })
    const moved = made([base, dearer], {}, { pins: [{ ...pin, theirs: '2.7' }] })
    expect(moved.open.map(({ key }) => key)).toEqual([
      'sources-disagree:openai/gpt-4o',
      'pin-moved:openai/gpt-4o#input',
    ])
  })
})

test('an amount that no price list can hold is accepted for no reason', () => {
  const found = (input: string) => {
    const list = sheetWith(({ models }) => {
      for (const model of models) if (model['model'] === 'gpt-4o') model['input'] = input
    })
    return made([list]).open.filter(({ key }) => key === 'precision:openai/gpt-4o')
  }
  expect(found('99999999.999999999999')).toEqual([])
  expect(found('100000000')).toMatchObject([{ check: { weight: 'never' }, have: 'input: 100000000' }])
  expect(found('1e10')).toMatchObject([{ have: 'input: 10000000000' }])
  expect(found('1e999')[0]?.have).toMatch(/^input: 10{39}… \(1000 characters\)$/)
})

describe('a new price whose name is another’s but for its case', () => {
  const names = [
    { provider: 'OpenAI', model: 'gpt-4o', other: 'openai/gpt-4o' },
    { provider: 'openai', model: 'GPT-4o', other: 'openai/gpt-4o' },
    { provider: 'ｏpenai', model: 'another', other: 'openai' },
  ]
  test.for(names)('$provider/$model stops a migration', ({ provider, model, other }) => {
    const list = sheetWith(({ models }) => {
      models.push({ ...models.find((one) => one['model'] === 'gpt-4o'), provider, model })
    })
    const found = made([list]).open.find(({ key }) => key === `same-name:${provider}/${model}`)
    expect(found?.have).toContain(`${other} is there`)
    expect(made([list], { accept: { [`same-name:${provider}/${model}`]: 'it is' } }).open).toEqual([])
  })
})

test('a promotion that is over is told, since its migration does nothing', () => {
  const told = (end: string) => {
    const list = sheetWith(({ models }) => {
      for (const model of models)
        if (model['model'] === 'gpt-4o')
          Object.assign(model, { input: '2', effective_from: '2026-01-10', expires_at: end })
    })
    return made([list]).noticed.filter(({ key }) => key === 'ended:openai/gpt-4o')
  }
  expect(told('2026-01-20T00:00:01Z')).toEqual([])
  expect(told(DAY)).toMatchObject([{ have: 'ended 2026-01-20T00:00:00Z' }])
})

test('a reason for what nobody noticed is refused', () => {
  expect(() =>
    unsafe(judge(propose([base], known, { today: DAY }), { 'unit:openai/gpt-4o': 'why not' })),
  ).toThrow(/Nothing unsafe is called unit:openai\/gpt-4o/)
})
