export {
  combinedSummary,
  type E2bRecord,
  e2bSummary,
  type LlmRecord,
  llmSummary,
  type SummaryRow,
} from './cost-summaries.ts'
export { type AnyRecord, costSummary, type SummaryAsked } from './cost-summary.ts'
export {
  type Component,
  cardOf,
  type DetailedPrices,
  type DetailedUsage,
  detailedCost,
  isDerived,
  ownPrice,
  type PriceCard,
  rateOf,
  rulesFor,
  type Variant,
} from './detailed-cost.ts'
export { type E2bRates, type E2bUsage, e2bCost } from './e2b-cost.ts'
export { type LlmPrices, llmCost } from './llm-cost.ts'
export { money } from './money.ts'
export { PriceTimeline, type Refusal } from './price-timeline.ts'
export { type ClosedPeriod, type OpenQuota, QuotaBooks } from './quota-books.ts'
export {
  type Admission,
  type Hold,
  type Party,
  type Quota,
  QuotaLedger,
  type ResourceKind,
} from './quota-ledger.ts'
export { type QuotaPeriod, quotaPeriod } from './quota-period.ts'
