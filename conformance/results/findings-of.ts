import { type About, type Finding, finding, PASSED } from '../report/index.ts'
import { HOUSE, type RanError, type RanFile, type RanTest } from '../runner/index.ts'
import { brokenBy, objectsIn, untold } from './judgement-of.ts'

/**
 * What the specs of a run found out, a finding per test, sorted by file, claim and engine; a file that could not be loaded
 * is a broken one, and so is whatever goes wrong outside a test.
 */
export function findingsOf(files: readonly RanFile[], strays: readonly RanError[] = []): Finding[] {
  const ofTests = files.flatMap(({ project, file, ok, errors, tests }) => {
    const about = project === HOUSE ? { group: file } : { group: file, engine: project }
    const unloaded = !ok && (tests.length === 0 || errors.length > 0)
    const whole = { ...about, id: file, title: 'the file can be loaded and its hooks run' }
    return [
      ...(unloaded ? [finding(whole, brokenBy(errors))] : []),
      ...tests.map((test) => findingOf(test, about)),
    ]
  })
  const ofStrays = strays.map((error) =>
    finding({ id: 'stray', title: 'nothing goes wrong outside a test', group: 'the run' }, brokenBy([error])),
  )
  return uniquelyNamed([...ofTests.sort(byPlace), ...ofStrays])
}

function findingOf(
  { title: whole, state, note, errors }: RanTest,
  about: Pick<About, 'group' | 'engine'>,
): Finding {
  const [title, reason] = titleAndReason(whole)
  const what = { ...about, id: `${about.group} > ${title}`, title }
  if (state === 'passed') return finding(what, PASSED)
  if (state === 'failed') return finding({ ...what, ...objectsIn(errors) }, brokenBy(errors))
  if (state === 'pending') return finding(what, brokenBy([{ message: 'It did not come to an end.' }]))
  return finding(what, untold(note ?? reason ?? 'not run: not selected'))
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
