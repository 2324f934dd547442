import { before } from './known.ts'
import { keyOf, type Price } from './price.ts'
import { Refused } from './refused.ts'

/** Throws {@link Refused} for the first price that would end before it begins, or as it does: it would never be in force. */
export function mustEndLater(prices: readonly Price[], where: string): void {
  for (const price of prices) {
    const { from, until } = price
    if (from !== undefined && until !== undefined && before(until, from))
      throw new Refused(
        `${where}${keyOf(price)} ends at ${until}, which is not after its beginning at ${from}: let it end later, or leave the end out.`,
      )
  }
}
