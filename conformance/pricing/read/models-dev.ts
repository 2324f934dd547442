/** The `api.json` of models.dev: providers with models, `cost` in USD per million tokens, as numbers. */
import { isDecimal, isStorable, scaled } from '../decimal.ts'
import { byKey, type Leftover, type Price } from '../price.ts'
import { isWritten, type Read } from './file.ts'

const FIELDS: Readonly<Record<string, string>> = {
  input: 'input',
  output: 'output',
  cache_read: 'cached_input',
  cache_write: 'cache_write_5m',
}
const LONG: Readonly<Record<string, number>> = { context_over_200k: 200_000, context_over_272k: 272_000 }

/** Keys of `cost` that a price of ours has no place for. */
const LEFT_OUT: Readonly<Record<string, readonly [kind: string, why: string]>> = {
  input_audio: ['audio', 'audio tokens are not metered apart'],
  output_audio: ['audio', 'audio tokens are not metered apart'],
  reasoning: ['reasoning', 'reasoning tokens are part of the output, at its price'],
}

type Part = Readonly<Record<string, unknown>>

export function isModelsDev(json: unknown): json is Readonly<Record<string, Part>> {
  return (
    isPart(json) && Object.values(json).some((provider) => isPart(provider) && isPart(provider['models']))
  )
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isWritten(value)
}

/** Every model: a price, or leftovers that say what was not taken. */
export function readModelsDev(json: Readonly<Record<string, Part>>): Read {
  const leftovers: Leftover[] = []
  const prices = Object.entries(json).flatMap(([provider, { models }]) =>
    Object.entries(isPart(models) ? models : {}).flatMap(([name, model]) => {
      const cost = isPart(model) ? model['cost'] : undefined
      if (isPart(cost)) return priceOf(provider, name, cost, leftovers)
      leftovers.push({
        kind: 'no plain price',
        of: provider,
        at: `${provider}/${name}`,
        why: 'it has no cost',
      })
      return []
    }),
  )
  return {
    source: 'models.dev',
    format: 'models.dev',
    complete: true,
    prices: prices.sort(byKey),
    leftovers,
    accepted: {},
  }
}

function priceOf(provider: string, name: string, cost: Part, leftovers: Leftover[]): Price[] {
  const at = `${provider}/${name}`
  const leave = (kind: string, why: string, key: string) =>
    leftovers.push({ kind, of: provider, at: `${at}: ${key}`, why })
  const amounts: Record<string, string> = {}
  let threshold: number | undefined
  const take = (part: Part, prefix: string) => {
    for (const [key, value] of Object.entries(part)) {
      const field = FIELDS[key]
      const long = LONG[key]
      const [kind, why] = LEFT_OUT[key] ?? []
      if (long !== undefined && isPart(value)) {
        threshold = long
        take(value, 'long_context.')
      } else if (kind !== undefined && why !== undefined) leave(kind, why, `${prefix}${key}`)
      else if (field === undefined) leave('unknown key', 'nothing is known of it', `${prefix}${key}`)
      else {
        const amount = isWritten(value) && isDecimal(value.written) ? scaled(value.written, 0) : undefined
        if (amount === undefined || !isStorable(amount))
          leave('no number', 'it is no number that a price list can hold', key)
        else if (amount.startsWith('-')) leave('negative', 'it is no price', key)
        else amounts[`${prefix}${field}`] = amount
      }
    }
  }
  take(cost, '')
  if (amounts['input'] === undefined || amounts['output'] === undefined) {
    leave('no plain price', 'input and output are not both there', 'cost')
    return []
  }
  return [
    {
      list: 'llm',
      of: provider,
      name,
      amounts,
      derived: [],
      ...(threshold === undefined ? {} : { threshold }),
      sources: ['models.dev'],
    },
  ]
}
