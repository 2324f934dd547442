export { dependentsOf, READ_BY_SPECS } from './dependents.ts'
export { EndOfRun, type EndOptions, ending } from './end-of-run.ts'
export { findingsOf } from './findings-of.ts'
export { headerOf } from './header-of.ts'
export { KeptReporter } from './kept-reporter.ts'
export {
  EVERYTHING,
  filesLeftOut,
  HOUSE,
  hasFiles,
  leftOut,
  type Scope,
  scopeOf,
  WITHOUT_ENGINE,
  whyLeftOut,
} from './left-out.ts'
export { Progress } from './progress.ts'
export { type Answered, reportOfAgreement } from './report-of-agreement.ts'
export { type PgtapRun, reportOfPgtapFiles } from './report-of-pgtap-files.ts'
export { reportOfRun } from './report-of-run.ts'
export { reportOfVerification, type Verification } from './report-of-verification.ts'
export { answerIn, type RUN_VARIABLE, type RunAnswer, type RunRequest, requestAround } from './run-request.ts'
export { Slowest } from './slowest.ts'
export { writeReports } from './write-reports.ts'
