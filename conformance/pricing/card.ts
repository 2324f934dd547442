/** A price as the oracle takes it, and the rate that it gives each component. */
import type Big from 'big.js'
import { type Component, type PriceCard, rateOf, type Variant } from '../oracle/index.ts'
import type { Price } from './price.ts'

/** The card of a price. */
export function cardOf({ amounts, derived, threshold }: Price): PriceCard {
  return {
    input: amounts['input'] ?? '0',
    output: amounts['output'] ?? '0',
    threshold: threshold ?? null,
    components: Object.entries(amounts).flatMap(([field, price]) => {
      if (field === 'input' || field === 'output') return []
      const [variant, component] = field.includes('.') ? field.split('.') : ['standard', field]
      return [
        {
          variant: variant as Variant,
          component: component as Component,
          price,
          derived: derived.includes(field),
        },
      ]
    }),
  }
}

/** What tokens of each kind cost in a request of one kind, USD per million. */
export type Rates = Readonly<Record<Component, Big>>

/** The rates of a price for requests that are long or not, in a batch or not. */
export function ratesOf(card: PriceCard, isLong: boolean, isBatch: boolean): Rates {
  const rate = (component: Component) => rateOf(card, component, { isLong, isBatch })
  return {
    input: rate('input'),
    output: rate('output'),
    cached_input: rate('cached_input'),
    cache_write_5m: rate('cache_write_5m'),
    cache_write_1h: rate('cache_write_1h'),
  }
}
