import { migrationsOnTrial } from '../evidence/index.ts'
import type { FileResult, StandIns, TestPoint } from '../pgtap-files/index.ts'
import { type Finding, failed, finding, PASSED, type Report, reportOf } from '../report/index.ts'
import { headerOf, type When } from './header-of.ts'

/** How pgTAP files were run. */
export interface PgtapRun extends When {
  readonly command: string
  readonly server: Report['trial']['servers'][number]
  /** Whether our own migrations were on trial; else another project's were. */
  readonly ours: boolean
  readonly standIns: StandIns
}

/** The report of `npm run pgtap`: a finding per test, and one per file for what concerns the whole of it. */
export function reportOfPgtapFiles(
  results: readonly FileResult[],
  { command, server, ours, standIns, ...when }: PgtapRun,
): Report {
  const notes = Object.entries(standIns).map(([name, note]) => ({
    kind: 'warning' as const,
    group: 'stand-ins',
    text: `extension ${name}: ${note}`,
  }))
  return reportOf({
    verb: 'pgtap',
    header: headerOf(when),
    trial: { command, migrations: ours ? migrationsOnTrial() : [], servers: [server], notStarted: [] },
    findings: results.flatMap((result) => findingsOf(result, server.engine)),
    ...(notes.length === 0 ? {} : { notes }),
  })
}

function findingsOf(result: FileResult, engine: string): Finding[] {
  const { file, points } = result
  return [
    whole(result, engine),
    ...points.map((point) =>
      finding(
        {
          id: `${file} > ${point.number}`,
          title: point.description.replace(/^- /, '') || `test ${point.number}`,
          group: file,
          engine,
        },
        judgementOf(point),
      ),
    ),
  ]
}

/** The file itself: that it came to its end as planned. */
function whole({ file, outcome, reasons, skipped }: FileResult, engine: string): Finding {
  const about = { id: file, title: 'the file runs to its end as planned', group: file, engine }
  if (outcome === 'skipped')
    return finding(about, { outcome: 'skipped', reason: `not run: ${skipped || 'the file skips itself'}` })
  if (outcome === 'not-run') return finding(about, { outcome: 'error', reason: reasons.join(' ') })
  // Which tests failed, they say themselves.
  const own = reasons.filter((reason) => !/^\d+ of \d+ tests? failed: /.test(reason))
  return finding(about, own.length === 0 ? PASSED : failed({ reason: own.join(' ') }))
}

function judgementOf({ ok, skip, todo, diagnostics }: TestPoint): Parameters<typeof finding>[1] {
  if (skip !== undefined) return { outcome: 'skipped', reason: `not run: ${skip || 'the test skips itself'}` }
  if (todo !== undefined)
    return { outcome: 'skipped', reason: `not applicable: to be done: ${todo || 'no reason given'}` }
  return ok ? PASSED : failed({ reason: diagnostics.join('\n') || 'The test says no more.' })
}
