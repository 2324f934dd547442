import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type EngineKind, engineNamed, engines } from '../engines/index.ts'
import { type Finding, finding } from '../report/index.ts'
import type { RunRequest } from './run-request.ts'

/** Folders of specs of this checkout, of reports and of deploying: they are the same whatever the database. */
export const WITHOUT_ENGINE = ['deploy', 'house', 'predeploy', 'pricing', 'report'] as const

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

/** What decides what a run leaves out. */
export interface Scope {
  readonly depth: RunRequest['depth']
  /** The engines that take part, by name, and {@link HOUSE}. */
  readonly projects: readonly string[]
  /** The files of specs that were asked for, relative to their folder; absent when all are. */
  readonly files?: readonly string[]
}

/** The project of the specs that need no engine. */
export const HOUSE = 'house'

/** What is run when nobody says anything: everything. */
export const EVERYTHING: Scope = {
  depth: 'exhaustive',
  projects: [HOUSE, ...engines.map(({ name }) => name)],
}

const specs = new URL('../specs/', import.meta.url)
const within = (folders: readonly string[], file: string) => folders.some((one) => file.startsWith(`${one}/`))

/** The files of specs that an engine has, relative to the folder of specs; without a name, those that need no engine. */
export function filesFor(engine?: string): string[] {
  return readdirSync(specs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && within(WITHOUT_ENGINE, file) === (engine === undefined))
    .sort()
}

/**
 * What a request comes to. Whoever names files wants them, however long they take and whoever else answers for them, and no
 * project that has none of them.
 */
export function scopeOf({ depth, engines: names, words }: RunRequest): Scope {
  const projects = [...names, HOUSE]
  if (words.length === 0) return { depth, projects }
  const filesOf = (project: string) =>
    filesFor(project === HOUSE ? undefined : project).filter((file) => {
      const path = fileURLToPath(new URL(file, specs))
      return words.some((word) => path.includes(word))
    })
  return {
    depth: 'exhaustive',
    projects: projects.filter((project) => filesOf(project).length > 0),
    files: [...new Set(projects.flatMap(filesOf))],
  }
}

/** Why a run leaves a file out, on one of its engines or, without one, altogether; `undefined` when it runs it. */
export function whyLeftOut(file: string, scope: Scope, engine?: EngineKind): string | undefined {
  const { depth, projects } = scope
  if (depth === 'short' && file.endsWith(LONG)) return 'not run: it takes long; npm run test:all has the time'
  if (depth === 'exhaustive') return undefined
  if (file.endsWith(LONGEST)) return 'not run: it takes minutes; npm run test:exhaustive has the time'
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
  const verb = other.inShort ? 'test:all' : 'test:exhaustive'
  return `not run: ${other.because}: ${other.engine} answers for it, and npm run ${verb} asks here, too`
}

/** What a run leaves out: a finding for each file on each engine that it is for. */
export function leftOut(scope: Scope): Finding[] {
  const kinds = [undefined, ...engines.filter(({ name }) => scope.projects.includes(name))]
  return kinds.flatMap((kind) =>
    filesFor(kind?.name).flatMap((file) => {
      const reason = whyLeftOut(file, scope, kind)
      if (reason === undefined) return []
      const about = { id: file, group: file, title: 'its claims' }
      return [finding(kind ? { ...about, engine: kind.name } : about, { outcome: 'skipped', reason })]
    }),
  )
}
