export { CLAIMS, claimCosts } from './claims.ts'
export { isolationCosts } from './isolation.ts'
export { figuresTable } from './median.ts'
export { pricingHolds } from './pricing.ts'
