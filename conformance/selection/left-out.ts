import { fileURLToPath } from 'node:url'
import { type EngineKind, engineNamed, engines } from '../engines/index.ts'
import {
  HOUSE,
  type RequestedProject,
  type RunRequest,
  specFiles,
  specFolder,
  WITHOUT_ENGINE,
} from '../runner/index.ts'

/** How the name of a spec's file ends that takes long. */
const LONG = '.long.spec.ts'
/** And of one that takes minutes. */
const LONGEST = '.exhaustive.spec.ts'

/**
 * Beginnings of the paths of specs whose claims depend on the server's version, and not on how it is set up, migrated or
 * reached: what calls cost, how the files are run again, who waits for whom, how the suite itself works.
 */
const SERVERS_ALONE = [
  'calculations/',
  'engines/agreement',
  'engines/pgtap',
  'harness/',
  'migrations/',
  'pgtap/',
  'platform/',
  'prices/',
  'quotas/',
  'races/',
  'retention/',
  'rollups/',
  'schema/check-constraints',
  'schema/fingerprint',
  'schema/history',
  'usage/',
  'verification/full-growing',
  'verification/restored',
  'verification/unanswered',
  'verification/verb',
  'views/',
] as const

/** What is asked for, as it is typed. */
export interface Asked {
  readonly depth: RunRequest['depth']
  /** The engines that take part, by name. */
  readonly engines: readonly string[]
  /** Whether somebody chose them: then named specs are wanted on each. */
  readonly chosen: boolean
  /** Only specs whose path contains one of these; all when there is none. */
  readonly words: readonly string[]
}

/** What decides what a run leaves out. */
export interface Scope {
  readonly depth: RunRequest['depth']
  /** The engines that take part, by name, and {@link HOUSE}. */
  readonly projects: readonly string[]
  /** The files of specs that were asked for, relative to their folder; absent when all are. */
  readonly files?: readonly string[]
}

/** A file that a run leaves out, on one of its engines or, without one, altogether. */
export interface LeftOut {
  readonly file: string
  readonly engine?: string
  readonly reason: string
}

/** What is run when nobody says anything: everything. */
export const EVERYTHING: Scope = {
  depth: 'exhaustive',
  projects: [...engines.map(({ name }) => name), HOUSE],
}

/**
 * What a request comes to. Whoever names files wants them, however long they take; and whoever chooses engines, too, wants them
 * on those, whoever else answers for them.
 */
export function scopeOf({ depth, engines: names, chosen, words }: Asked): Scope {
  const projects = [...names, HOUSE]
  if (words.length === 0) return { depth, projects }
  return { depth: chosen ? 'exhaustive' : depth, projects, files: specsNamed(words) }
}

/** The files of specs, relative to their folder, whose path contains one of these. */
export function specsNamed(words: readonly string[]): string[] {
  return specFiles().filter((file) => {
    const path = fileURLToPath(new URL(file, specFolder))
    return words.some((word) => path.includes(word))
  })
}

/** The projects of a run, without those of which nothing is run. */
export function projectsOf(scope: Scope): RequestedProject[] {
  return scope.projects.flatMap((name) => {
    const files = filesOf(name, scope)
    const left = files.filter((file) => whyLeftOut(file, scope, kindOf(name)) !== undefined)
    return files.length > left.length ? [{ name, leftOut: left }] : []
  })
}

/** What a run leaves out. */
export function leftOut(scope: Scope): LeftOut[] {
  return scope.projects.flatMap((name) =>
    filesOf(name, scope).flatMap((file) => {
      const reason = whyLeftOut(file, scope, kindOf(name))
      if (reason === undefined) return []
      return [name === HOUSE ? { file, reason } : { file, engine: name, reason }]
    }),
  )
}

/** Why a run leaves a file out, on one of its engines or, without one, altogether; `undefined` when it runs it. */
export function whyLeftOut(file: string, scope: Scope, engine?: EngineKind): string | undefined {
  const { depth, projects, files } = scope
  if (depth === 'exhaustive') return undefined
  const isNamed = files?.includes(file) ?? false
  if (!isNamed && depth === 'short' && file.endsWith(LONG))
    return 'not run: it takes long; npm run test:all has the time'
  if (!isNamed && file.endsWith(LONGEST))
    return 'not run: it takes minutes; npm run test:exhaustive has the time'
  const begins = (beginnings: readonly string[]) => beginnings.some((each) => file.startsWith(each))
  const other = engine?.answeredBy?.find(
    ({ engine: name, specs: theirs = SERVERS_ALONE, but = [], inShort = false }) =>
      projects.includes(name) &&
      (depth === 'short' || !inShort) &&
      begins(theirs) &&
      !begins(but) &&
      // Who answers for another has to be asked.
      whyLeftOut(file, scope, engineNamed(name)) === undefined,
  )
  if (!other) return undefined
  const how = isNamed
    ? `--engine ${engine?.name}`
    : `npm run ${other.inShort ? 'test:all' : 'test:exhaustive'}`
  return `not run: ${other.because}: ${other.engine} answers for it, and ${how} asks here, too`
}

/** The files of a project that a run is about, relative to their folder. */
function filesOf(project: string, { files = specFiles() }: Scope): string[] {
  const needsNone = (file: string) => WITHOUT_ENGINE.some((folder) => file.startsWith(`${folder}/`))
  return files.filter((file) => needsNone(file) === (project === HOUSE))
}

function kindOf(project: string): EngineKind | undefined {
  return project === HOUSE ? undefined : engineNamed(project)
}
