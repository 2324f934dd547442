export { loadMonth, loadRecords } from './load.ts'
export { BUNDLED, type E2bUse, type LlmUse, month, monthCsv } from './month.ts'
export { recordOf } from './records.ts'
