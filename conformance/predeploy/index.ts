export { type MigrationFile, type MigrationsFolder, readFolder } from './folder.ts'
export { type GateResult, gate, type Judged } from './gate.ts'
export {
  manifestOf,
  type Released,
  readManifest,
  releasedAs,
  writeManifest,
} from './manifest.ts'
export { type Release, releaseOf } from './release.ts'
export { releasedTroubles } from './released.ts'
export { repositoryStep } from './repository.ts'
export { ASKED, NOT_ASKED, RULES, type Rule, STATIC_CLAIMS, staticStep } from './static/index.ts'
export { judged, type StepResult, type Trouble, together } from './step.ts'
