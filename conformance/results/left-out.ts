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

/** All files of specs, relative to their folder. */
export function specFiles(): string[] {
  return readdirSync(specs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
}

/** The files of specs that an engine has, relative to the folder of specs; without one, those that need no engine. */
function filesFor(engine?: EngineKind): string[] {
  return specFiles().filter((file) => within(WITHOUT_ENGINE, file) === (engine === undefined))
}

/**
 * What a request comes to. Whoever names files wants them, however long they take; and whoever chooses engines, too, wants them
 * on those, whoever else answers for them.
 */
export function scopeOf({
  depth,
  engines: names,
  chosen,
  words,
}: Pick<RunRequest, 'depth' | 'engines' | 'chosen' | 'words'>): Scope {
  const projects = [...names, HOUSE]
  if (words.length === 0) return { depth, projects }
  const isNamed = (file: string) => {
    const path = fileURLToPath(new URL(file, specs))
    return words.some((word) => path.includes(word))
  }
  return {
    depth: chosen ? 'exhaustive' : depth,
    projects,
    files: specFiles().filter(isNamed),
  }
}

/** The files of specs that a run is about, of those that an engine has; without one, of those that need none. */
function filesWithin({ files }: Scope, engine?: EngineKind): string[] {
  const all = filesFor(engine)
  return files ? all.filter((file) => files.includes(file)) : all
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

/** The files that a run leaves out on an engine; without one, those that it leaves out of what needs none. */
export function filesLeftOut(scope: Scope, engine?: EngineKind): string[] {
  return filesWithin(scope, engine).filter((file) => whyLeftOut(file, scope, engine) !== undefined)
}

/** Whether a run has anything to run on an engine; without one, anything that needs none. */
export function hasFiles(scope: Scope, engine?: EngineKind): boolean {
  return filesWithin(scope, engine).length > filesLeftOut(scope, engine).length
}

/** What a run leaves out: a finding for each file on each engine that it is for. */
export function leftOut(scope: Scope): Finding[] {
  const kinds = [undefined, ...engines.filter(({ name }) => scope.projects.includes(name))]
  return kinds.flatMap((kind) =>
    filesWithin(scope, kind).flatMap((file) => {
      const reason = whyLeftOut(file, scope, kind)
      if (reason === undefined) return []
      const about = { id: file, group: file, title: 'its claims' }
      return [finding(kind ? { ...about, engine: kind.name } : about, { outcome: 'skipped', reason })]
    }),
  )
}
