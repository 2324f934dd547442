/**
 * LiteLLM's `model_prices_and_context_window.json`: USD per token, as numbers. What maps and what does not is the table in
 * docs/prices.md, which a spec compares with this file.
 */
import { isDecimal, isStorable, scaled } from '../decimal.ts'
import { byKey, keyOf, type Leftover, type Price } from '../price.ts'
import { isWritten, type Read } from './file.ts'

/** Modes whose calls are priced by tokens in and out. */
const CHAT = ['chat', 'completion', 'responses']

/** Names of providers that are others of ours. */
const PROVIDERS: Readonly<Record<string, string>> = { gemini: 'google' }

/** Keys that are fields of a price as they are. */
const FIELDS: Readonly<Record<string, string>> = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cached_input',
  cache_creation_input_token_cost: 'cache_write_5m',
  cache_creation_input_token_cost_above_1hr: 'cache_write_1h',
  input_cost_per_token_batches: 'batch.input',
  output_cost_per_token_batches: 'batch.output',
}

/** Keys with a price in them that a price of ours has no place for: which kind, and why. The first that fits counts. */
export const LEFT_OUT: readonly (readonly [kind: string, pattern: RegExp, why: string])[] = [
  ['priority', /_priority$/, 'no price of ours depends on the service tier'],
  ['flex', /_flex$/, 'no price of ours depends on the service tier'],
  ['audio', /audio/, 'audio tokens and seconds are not metered apart'],
  ['image', /image|pixel/, 'images are not metered apart'],
  ['video', /video|1080p/, 'video is not metered'],
  ['per second', /per_second/, 'models are priced by tokens, not by time'],
  ['per character', /per_character/, 'models are priced by tokens, not by characters'],
  ['reasoning', /reasoning/, 'reasoning tokens are part of the output, at its price'],
  [
    'per request',
    /per_(query|request|1k_calls|session|page|credit)|per_gb_per_day|computer_use|citation/,
    'requests, tools and storage are not priced',
  ],
  [
    'other unit',
    /dbu|cache_hit|batch_requests|tiered_pricing|uplift|provider_specific/,
    'it is in another unit, or depends on what is not recorded',
  ],
]

const ABOVE =
  /^(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost|cache_creation_input_token_cost_above_1hr)_above_(\d+)k_tokens$/
const LOOKS_PRICED = /cost|price|pricing|multiplier|per_second|provider_specific/
/** Keys of an entry that are no price. */
const NO_PRICE =
  /^(supports_|max_|min_|mode$|litellm_provider$|source$|metadata$|comment$|notes?$|deprecation_date$|rpm$|rpd$|tpm$|rules$|output_vector_size$|prompt_cache_min_tokens$|tool_use_system_prompt_tokens$|web_search_billing_unit$|uses_|use_|gemini_|bedrock_|audio_transcription_config$|supported_)/

type Entry = Readonly<Record<string, unknown>>

export function isLiteLlm(json: unknown): json is Entry {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
  return (
    'sample_spec' in json ||
    Object.values(json).some((entry) => isEntry(entry) && 'litellm_provider' in entry)
  )
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every entry: a price, or leftovers that say what was not taken. */
export function readLiteLlm(json: Entry): Read {
  const leftovers: Leftover[] = []
  const found = new Map<string, Price>()
  for (const [name, entry] of Object.entries(json)) {
    if (name === 'sample_spec' || !isEntry(entry)) continue
    const price = priceOf(name, entry, leftovers)
    if (!price) continue
    const key = keyOf(price)
    const other = found.get(key)
    if (!other) found.set(key, price)
    else if (JSON.stringify(other.amounts) !== JSON.stringify(price.amounts))
      leftovers.push({
        kind: 'named twice',
        of: price.of,
        at: name,
        why: `${key} stands there with other prices, too; the first counts`,
      })
  }
  const { last_updated: updated } = json
  return {
    source: 'litellm',
    format: 'litellm',
    ...(typeof updated === 'string' ? { asOf: updated.slice(0, 10) } : {}),
    complete: true,
    prices: [...found.values()].sort(byKey),
    leftovers,
    accepted: {},
  }
}

function priceOf(at: string, entry: Entry, leftovers: Leftover[]): Price | undefined {
  const leave = (kind: string, why: string, key?: string) => {
    leftovers.push({
      kind,
      ...(of === undefined ? {} : { of }),
      at: key === undefined ? at : `${at}: ${key}`,
      why,
    })
    return undefined
  }
  const { mode, litellm_provider: provider } = entry
  const of = typeof provider === 'string' ? (PROVIDERS[provider] ?? provider) : undefined
  if (typeof provider !== 'string') return leave('no provider', 'litellm_provider is missing')
  if (typeof mode === 'string' && !CHAT.includes(mode))
    return leave(`mode ${mode}`, 'it is not priced by tokens in and out')
  const amounts: Record<string, string> = {}
  const above: [threshold: number, field: string, amount: string][] = []
  for (const [key, value] of Object.entries(entry)) {
    const field = FIELDS[key]
    const [, base = '', threshold] = ABOVE.exec(key) ?? []
    if (field === undefined && threshold === undefined) {
      const [kind, , why] = LEFT_OUT.find(([, pattern]) => LOOKS_PRICED.test(key) && pattern.test(key)) ?? []
      if (kind !== undefined && why !== undefined) leave(kind, why, key)
      else if (!NO_PRICE.test(key)) leave('unknown key', 'nothing is known of it', key)
      continue
    }
    if (value === null) continue
    const amount = perMillion(value)
    if (amount === undefined) leave('no number', 'it is no number that a price list can hold', key)
    else if (amount.startsWith('-'))
      leave('negative', 'a router writes −1 for what it does not know: it is no price', key)
    else if (field !== undefined) amounts[field] = amount
    else above.push([Number(threshold) * 1000, `long_context.${FIELDS[base]}`, amount])
  }
  const [lowest] = above.map(([threshold]) => threshold).sort((a, b) => a - b)
  for (const [threshold, field, amount] of above)
    if (threshold === lowest) amounts[field] = amount
    else leave('second threshold', `only the lowest threshold, ${lowest}, is kept`, `above ${threshold}`)
  if (amounts['input'] === undefined || amounts['output'] === undefined)
    return leave('no plain price', 'input_cost_per_token and output_cost_per_token are not both there')
  return {
    list: 'llm',
    of: PROVIDERS[provider] ?? provider,
    name: at.startsWith(`${provider}/`) ? at.slice(provider.length + 1) : at,
    amounts,
    derived: [],
    ...(lowest === undefined ? {} : { threshold: lowest }),
    sources: ['litellm'],
  }
}

/** USD per million of what is USD per token. Some numbers of the list are texts. */
function perMillion(value: unknown): string | undefined {
  const text = isWritten(value) ? value.written : typeof value === 'string' ? value : ''
  if (!isDecimal(text)) return undefined
  const amount = scaled(text, 6)
  return isStorable(amount) ? amount : undefined
}
