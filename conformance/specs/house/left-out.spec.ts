/**
 * What a run leaves out: nothing that no other engine of the same run answers for, and nothing in silence.
 */
import { engines } from '../../engines/index.ts'
import { deferredOn, expect, test } from '../../harness/index.ts'
import { HOUSE } from '../../runner/index.ts'
import { leftOut, projectsOf, type Scope, scopeOf, whyLeftOut } from '../../selection/index.ts'

const kinds = new Map(engines.map((kind) => [kind.name, kind]))
const all = [HOUSE, ...engines.map(({ name }) => name)]
const scope = (depth: Scope['depth'], projects: readonly string[] = all): Scope => ({ depth, projects })
const named = (chosen: boolean) =>
  scopeOf({
    depth: 'short',
    engines: ['pglite', 'embedded-17'],
    chosen,
    words: ['quotas/check-e2b-quota', 'house/watch.long'],
  })
const runs = (file: string, name: string, within: Scope) =>
  whyLeftOut(file, within, kinds.get(name)) === undefined

test('an exhaustive run leaves nothing out', () => {
  expect(leftOut(scope('exhaustive'))).toEqual([])
})

test('a thorough run leaves out only what another of its engines runs', () => {
  const within = scope('thorough')
  const left = leftOut(within).filter(({ engine }) => engine !== undefined)
  expect(left.length).toBeGreaterThan(100)
  for (const { file, engine, reason } of left) {
    const [, answers = ''] = /: (\S+) answers for it,/.exec(reason) ?? []
    expect(runs(file, answers, within), `${engine}, ${file}: ${answers}`).toBe(true)
  }
})

test('what PGlite leaves in a quick run only, a thorough one asks it', () => {
  const quick = leftOut(scope('short', ['pglite', 'embedded-17'])).filter(({ reason }) =>
    reason.endsWith('npm run test:all asks here, too'),
  )
  expect(quick.length).toBeGreaterThan(3)
  for (const { file } of quick) expect(runs(file, 'pglite', scope('thorough')), file).toBe(true)
})

test('an engine without the one that answers for it runs everything', () => {
  const alone = engines.map(({ name }) => leftOut(scope('thorough', [name])))
  expect(alone.flat().filter(({ engine }) => engine !== undefined)).toEqual([])
})

test('whatever is left out is told, with the engine and the reason', () => {
  const told = leftOut(scope('short', [HOUSE, 'pglite', 'embedded-17']))
  expect(new Set(told.map(({ engine }) => engine))).toEqual(new Set([undefined, 'pglite', 'embedded-17']))
  expect(told.every(({ reason }) => reason.length > 10)).toBe(true)
})

test('what a quick run leaves out is run when its spec is named', () => {
  const reason = (name: string, depth: Scope['depth'], named: boolean) =>
    deferredOn(kinds.get(name) ?? {}, { depth, named })['thorough-run']
  for (const name of kinds.keys()) {
    expect(reason(name, 'short', false)).toMatch(/^not run: it takes long; npm run test:all/)
    for (const [depth, named] of [
      ['short', true],
      ['thorough', false],
      ['exhaustive', false],
    ] as const)
      expect(reason(name, depth, named)).toBeUndefined()
  }
})

test('a named spec runs however long it takes, where nobody answers for it', () => {
  const projects = (chosen: boolean) => projectsOf(named(chosen)).map(({ name }) => name)
  expect(projects(false)).toEqual(['embedded-17', HOUSE])
  expect(projects(true)).toEqual(['pglite', 'embedded-17', HOUSE])
})

test('of a run of named specs only what is left out of these is told', () => {
  expect(leftOut(named(false))).toEqual([
    {
      file: 'quotas/check-e2b-quota.spec.ts',
      engine: 'pglite',
      reason: expect.stringContaining('embedded-17 answers for it, and --engine pglite asks here'),
    },
  ])
})
