import type Big from 'big.js'

/**
 * An amount as the product prints money: without loss and without padding. `0` for zero, else three decimals or as many
 * as it takes.
 */
export function money(amount: Big): string {
  if (amount.eq(0)) return '0'
  const decimals = amount.toFixed().split('.')[1]?.length ?? 0
  return amount.toFixed(Math.max(3, decimals))
}
