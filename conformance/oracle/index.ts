export { type E2bRates, type E2bUsage, e2bCost } from './e2b-cost.ts'
export { type LlmPrices, llmCost } from './llm-cost.ts'
export { money } from './money.ts'
export { type QuotaPeriod, quotaPeriod } from './quota-period.ts'
