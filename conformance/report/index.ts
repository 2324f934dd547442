export {
  type About,
  broken,
  type Finding,
  finding,
  type Judgement,
  KEPT,
  OUTCOMES,
  type Outcome,
} from './finding.ts'
export { type Cell, type Matrix, MatrixSchema, matrixOf, NO_ENGINE, totalOf } from './matrix.ts'
export { matrixTable, matrixTotals } from './matrix-text.ts'
export { phase1Block } from './phase1-block.ts'
export { countsOf, type Report, ReportSchema, reportOf, SCHEMA_VERSION, verdictOf } from './report.ts'
