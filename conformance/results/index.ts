export { dependentsOf, READ_BY_SPECS } from './dependents.ts'
export { findingsOf } from './findings-of.ts'
export { KeptReporter } from './kept-reporter.ts'
export {
  filesFor,
  HOUSE,
  leftOut,
  SCOPE_VARIABLE,
  type Scope,
  scopeAround,
  WITHOUT_ENGINE,
  whyLeftOut,
} from './left-out.ts'
export { MatrixReporter } from './matrix-reporter.ts'
export { type Answered, reportOfAgreement } from './report-of-agreement.ts'
export { reportOfRun } from './report-of-run.ts'
export { reportOfVerification, type Verification } from './report-of-verification.ts'
export { SummaryLine } from './summary-line.ts'
export { writeReports } from './write-reports.ts'
