export * as catalog from './catalog.ts'
export { livesOk, type Refusal, throwsOk } from './refusals.ts'
export { bagEq, isEmpty, resultsEq, setEq, type WantedRow } from './rows.ts'
export type { Evidence, Verdict } from './verdict.ts'
