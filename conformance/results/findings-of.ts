import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { TestCase, TestModule } from 'vitest/node'
import { type About, type Finding, finding, PASSED } from '../report/index.ts'
import { brokenBy, objectsIn, untold } from './judgement-of.ts'

const specs = fileURLToPath(new URL('../specs/', import.meta.url))

/** The project of the specs that need no engine. */
const HOUSE = 'house'

/**
 * What the specs of a run found out, a finding per test, sorted by file, claim and engine; a file that could not be loaded
 * is a broken one, and so is whatever goes wrong outside a test.
 */
export function findingsOf(modules: readonly TestModule[], strays: readonly unknown[] = []): Finding[] {
  const ofTests = modules.flatMap((module) => {
    const tests = [...module.children.allTests()]
    const about = whereOf(module)
    const unloaded = !module.ok() && (tests.length === 0 || module.errors().length > 0)
    const file = { ...about, id: about.group, title: 'the file can be loaded and its hooks run' }
    return [
      ...(unloaded ? [finding(file, brokenBy(module.errors()))] : []),
      ...tests.map((test) => findingOf(test, about)),
    ]
  })
  const ofStrays = strays.map((error) =>
    finding(
      { id: 'stray', title: 'nothing goes wrong outside a test', group: 'the run' },
      brokenBy([asObject(error)]),
    ),
  )
  return uniquelyNamed([...ofTests.sort(byPlace), ...ofStrays])
}

function whereOf(module: TestModule): Pick<About, 'group' | 'engine'> {
  const group = relative(specs, module.moduleId)
  return module.project.name === HOUSE ? { group } : { group, engine: module.project.name }
}

function findingOf(test: TestCase, about: Pick<About, 'group' | 'engine'>): Finding {
  const [title, reason] = titleAndReason(test.fullName)
  const what = { ...about, id: `${about.group} > ${title}`, title }
  const result = test.result()
  if (result.state === 'passed') return finding(what, PASSED)
  if (result.state === 'failed')
    return finding({ ...what, ...objectsIn(result.errors) }, brokenBy(result.errors))
  if (result.state === 'pending') return finding(what, brokenBy([{ message: 'It did not come to an end.' }]))
  return finding(what, untold(result.note ?? reason ?? 'not run: not selected'))
}

/** A title without the reason that stands in brackets at its end where a test is skipped. */
function titleAndReason(title: string): [title: string, reason: string | undefined] {
  const [, claim, reasons] = /^(.*) \[((?:not applicable|not run): [^\]]+)\]$/s.exec(title) ?? []
  return [claim ?? title, reasons]
}

/** The order of the files is that of the clock; reports of two runs have to be equal. Claims of a file keep theirs. */
function byPlace(a: Finding, b: Finding): number {
  return compare(a.group, b.group) || compare(a.engine ?? '', b.engine ?? '')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Tests of one title in one file are told apart by their number. */
function uniquelyNamed(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, number>()
  return findings.map((found) => {
    const key = JSON.stringify([found.engine, found.id])
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    return times === 1 ? found : { ...found, id: `${found.id} (${times})` }
  })
}

/** Errors of a worker arrive as plain objects; anything may be thrown. */
function asObject(thrown: unknown): object {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown
    ? thrown
    : { message: inspect(thrown) } // not `${thrown}`: an object without a prototype has no text
}
