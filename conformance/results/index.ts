export { findingsOf } from './findings-of.ts'
export { MatrixReporter } from './matrix-reporter.ts'
export { SummaryLine } from './summary-line.ts'
