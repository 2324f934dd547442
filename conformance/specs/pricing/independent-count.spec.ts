/**
 * Between two public lists no changed chat model is missed: counted a second time, from the files alone.
 *
 * Method: the samples are read as plain JSON and compared key by key, without anything of the room that reads prices; only
 * what a model is called there and here is the same rule, written again.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from '../../harness/index.ts'
import { knownOf, ofProviders, propose, readPrices } from '../../pricing/index.ts'

const [FROM, TO] = [
  'fixtures/pricing/litellm-2026-01-03.json',
  'fixtures/pricing/litellm-2026-07-24.json',
] as const
const TODAY = '2026-07-25'
/** LiteLLM's names of providers, and ours. */
const PROVIDERS: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  gemini: 'google',
  groq: 'groq',
}
/** Of chat: what is charged per token and can be expressed. */
const PRICED =
  /^(input|output)_cost_per_token(_batches|_above_\w+_tokens)?$|^cache_(read|creation)_input_token_cost(_above_\w+)?$/

type Entry = Readonly<Record<string, unknown>>

/** Chat models of the four providers by our names, and the amounts that a price has, as they are written. */
function chatModels(file: string): Map<string, string> {
  const models = new Map<string, string>()
  const list = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Entry>
  for (const [name, entry] of Object.entries(list)) {
    const theirs = String(entry['litellm_provider'])
    const provider = PROVIDERS[theirs]
    if (!provider || entry['mode'] !== 'chat') continue
    const amounts = Object.entries(entry).filter(([key]) => PRICED.test(key) && !/priority|flex/.test(key))
    if (!amounts.some(([key]) => key === 'input_cost_per_token')) continue
    const model = name.startsWith(`${theirs}/`) ? name.slice(theirs.length + 1) : name
    models.set(`${provider}/${model}`, JSON.stringify(amounts.sort()))
  }
  return models
}

test('models whose prices differ between lists are found, and no others', () => {
  const [before, after] = [chatModels(FROM), chatModels(TO)]
  const counted = [...after].filter(([name, amounts]) => before.has(name) && before.get(name) !== amounts)
  const from = ofProviders(readPrices(FROM), Object.values(PROVIDERS))
  const { changes } = propose([readPrices(TO)], knownOf(from, `${TODAY}T00:00:00Z`), {
    today: TODAY,
    providers: Object.values(PROVIDERS),
  })
  const found = changes.filter(({ kind }) => kind === 'changed').map(({ key }) => key)
  expect(found.sort()).toEqual(counted.map(([name]) => name).sort())
  expect(found.length).toBeGreaterThan(1)
  expect(
    changes
      .filter(({ kind }) => kind === 'added')
      .map(({ key }) => key)
      .sort(),
  ).toEqual([...after.keys()].filter((name) => !before.has(name)).sort())
})
