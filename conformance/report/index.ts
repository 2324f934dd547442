export { asIfPassed, bounded, longest } from './bounded.ts'
export { causesText } from './causes.ts'
export { changeLines } from './change-text.ts'
export {
  type About,
  type Finding,
  failed,
  finding,
  type Judgement,
  OUTCOMES,
  type Outcome,
  PASSED,
} from './finding.ts'
export { type FullVerification, fullBlock, type Note } from './full-block.ts'
export { jsonSchema } from './json-schema.ts'
export { type Cell, columnOf, type Matrix, MatrixSchema, matrixOf, NO_ENGINE, totalOf } from './matrix.ts'
export { matrixTable, matrixTotals } from './matrix-text.ts'
export { coloured, type Paint, paintFor, plain } from './paint.ts'
export { phase1Block } from './phase1-block.ts'
export { printable, printableLines, withTexts } from './printable.ts'
export { loadRenderers, REPORTER_NAMES, REPORTERS, type ReporterName, render } from './render.ts'
export {
  type AgreementLine,
  AgreementLineSchema,
  type Change,
  ChangeSchema,
  countsOf,
  type Privileges,
  PrivilegesSchema,
  type Report,
  ReportSchema,
  reportOf,
  SCHEMA_VERSION,
  type Server,
  ServerSchema,
  verdictOf,
} from './report.ts'
export type { Section } from './section.ts'
export { type Tally, tallyLine, tallyOf } from './tally.ts'
