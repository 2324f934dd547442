export { dataStep } from './data.ts'
export { type CliOptions, type CliResult, runCli } from './deploy/cli.ts'
export { type Deploy, type Deployed, deploy } from './deploy/deploy.ts'
export { unfinished } from './deploy/outcome.ts'
export { type MigrationFile, type MigrationsFolder, readFolder } from './folder.ts'
export { formerSpecsStep } from './former-specs.ts'
export { releasesStep } from './from-releases.ts'
export { type GateResult, gate, type Judged, type Target } from './gate.ts'
export {
  isReleasedOtherwise,
  manifestOf,
  type Released,
  readManifest,
  releasedAs,
  writeManifest,
} from './manifest.ts'
export { type Observed, observe, observedStep, type Watching } from './observe/step.ts'
export { WATCHED } from './observe/suppressed.ts'
export {
  hashOf as hashOfFile,
  hashOfPlan,
  mustBeFree,
  type Plan,
  planOf,
  readPlan,
  writePlan,
} from './plan/plan.ts'
export { pushedStep } from './pushed.ts'
export { type Release, releaseOf } from './release.ts'
export { releasedTroubles } from './released.ts'
export { type Replaying, replayStep } from './replay.ts'
export { repositoryStep } from './repository.ts'
export { ASKED, NOT_ASKED, RULES, type Rule, STATIC_CLAIMS, staticStep } from './static/index.ts'
export { judged, type StepResult, type Trouble, together } from './step.ts'
export { activityStep } from './target/activity.ts'
export { healthStep } from './target/health.ts'
export { type Identity, IdentitySchema, identityOf, nameOf, placeOf } from './target/identity.ts'
export { type Reconciled, reconcile } from './target/reconcile.ts'
export { stateOf as targetState } from './target/state.ts'
export { isOurs, targetStep } from './target/target.ts'
