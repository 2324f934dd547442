export { loadMonth, loadRecords } from './load.ts'
export { BUNDLED, type E2bUse, type LlmUse, month, monthCsv, TENANTS } from './month.ts'
export { recordOf } from './records.ts'
