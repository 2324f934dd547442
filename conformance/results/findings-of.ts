import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SerializedError, TestCase, TestModule } from 'vitest/node'
import { type About, broken, type Finding, finding, type Judgement, KEPT } from '../report/index.ts'

const specs = fileURLToPath(new URL('../specs/', import.meta.url))

/** The project of the specs that need no engine. */
const HOUSE = 'house'

/** What a test throws when nothing was found out about the product: the engine is at fault, or cannot be reached. */
const NOT_THE_PRODUCT = ['ENGINE_WEDGED', 'Unavailable']

/** What the specs of a run found out, a finding per test; a file that could not be loaded is a broken one. */
export function findingsOf(modules: readonly TestModule[]): Finding[] {
  return modules.flatMap((module) => {
    const tests = [...module.children.allTests()]
    const about = whereOf(module)
    const unloaded = !module.ok() && (tests.length === 0 || module.errors().length > 0)
    const file = { ...about, id: about.group, title: 'the file can be loaded and its hooks run' }
    return [
      ...(unloaded ? [finding(file, judgementOf(module.errors()))] : []),
      ...tests.map((test) => findingOf(test, about)),
    ]
  })
}

function whereOf(module: TestModule): Pick<About, 'group' | 'engine'> {
  const group = relative(specs, module.moduleId)
  return module.project.name === HOUSE ? { group } : { group, engine: module.project.name }
}

function findingOf(test: TestCase, about: Pick<About, 'group' | 'engine'>): Finding {
  const [title, reason] = titleAndReason(test.fullName)
  const what = { ...about, id: `${about.group} > ${title}`, title }
  const result = test.result()
  if (result.state === 'passed') return finding(what, KEPT)
  if (result.state === 'failed') return finding(what, judgementOf(result.errors))
  if (result.state === 'pending') return finding(what, broken({ reason: 'It did not come to an end.' }))
  return finding(what, untold(result.note ?? reason ?? 'not run: not selected'))
}

/** A title without the reason that stands in brackets at its end where a test is skipped. */
function titleAndReason(title: string): [title: string, reason: string | undefined] {
  const [, claim, reasons] = /^(.*) \[((?:not applicable|not run): [^\]]+)\]$/s.exec(title) ?? []
  return [claim ?? title, reasons]
}

/** From a reason as engines give it: `not applicable: …` or `not run: …`. */
function untold(note: string): Judgement {
  const [, outcome, reason] = /^(not applicable|not run): (.*)$/s.exec(note) ?? []
  return outcome === 'not applicable'
    ? { outcome, reason: reason ?? note }
    : { outcome: 'not run', reason: reason ?? note }
}

function judgementOf(errors: readonly Pick<SerializedError, 'name' | 'message'>[]): Judgement {
  const reason = errors.map(({ message }) => message).join('\n') || 'It failed without a word.'
  const engineIsAtFault =
    errors.length > 0 && errors.every(({ name }) => NOT_THE_PRODUCT.includes(name ?? ''))
  return engineIsAtFault ? { outcome: 'could not check', reason } : broken({ reason })
}
