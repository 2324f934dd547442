/** Prices are changed by the functions that keep their history. */
import type { Rule } from '../rule.ts'
import { writesOf } from '../writes.ts'

/** The price lists of this project. */
export const PRICE_LISTS = /^copilot_internal\.(model_pricing|e2b_pricing|model_pricing_components)$/

/** No plain statement writes a price list. */
export const pricesKeepTheirHistory: Rule = {
  id: 'prices-keep-their-history',
  title: 'no migration writes a price list past its functions',
  looksFor:
    'INSERT, UPDATE, DELETE, MERGE or COPY on a price list that was there before; an UPDATE of `verified_on` alone, as price migrations have it, is none',
  hint: 'Call copilot_internal.set_model_price or set_e2b_price: `npm run pricing:migration -- SHEET` writes the file.',
  concerns: 'moment',
  judge: (script) =>
    script.statements.flatMap((at) =>
      writesOf(at)
        .filter(({ columns }) => columns?.every((column) => column === 'verified_on') !== true)
        .map(({ table }) => table)
        .filter((table) => PRICE_LISTS.test(table) && script.isThere(table, at))
        .map((table) => ({
          at,
          objects: [table],
          reason:
            'It changes prices without saying since when, and says nothing of who, why and by which source.',
        })),
    ),
}
