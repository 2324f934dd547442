import { counted } from './counted.ts'
import type { FileResult, Listener } from './run-files.ts'
import type { StandIns } from './stand-ins.ts'

/** The versions of TAP that can be written. */
export const TAP_VERSIONS = ['13', '14'] as const
export type TapVersion = (typeof TAP_VERSIONS)[number]

/**
 * Writes a run as one TAP 14 stream: each file is a subtest, with what it printed, and a test point that says how it
 * ended. Readers of older TAP see the test points alone. In version 13 reasons are comments, too, as these readers show.
 */
export function tapStream(
  files: number,
  write: (text: string) => void,
  version: TapVersion = '14',
): Listener {
  const print = (...lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''))
  let number = 0
  return {
    begins(file) {
      if (number === 0) print(`TAP version ${version}`, `1..${files}`)
      number += 1
      print(`# Subtest: ${onOneLine(file)}`)
    },
    line: (text) => print(text === '' ? '' : `    ${text}`),
    ends(result) {
      const { file, outcome, skipped, bailedOut, reasons } = result
      const failed = outcome === 'failed' || outcome === 'not-run'
      const point = `${failed ? 'not ok' : 'ok'} ${number} - ${escaped(file)}`
      print(outcome === 'skipped' ? `${point} # SKIP ${skipped}` : point)
      if (failed)
        print(
          ...(version === '13' ? reasons.map((reason) => `# ${onOneLine(reason)}`) : []),
          '  ---',
          '  reasons:',
          ...reasons.map((reason) => `    - ${JSON.stringify(reason)}`),
          '  ...',
        )
      if (bailedOut !== undefined) print(`Bail out! ${bailedOut}`.trimEnd())
    },
  }
}

/** The last lines of a stream, for people: how many files passed, and why the others did not. */
export function tapSummary(results: readonly FileResult[], standIns: StandIns = {}): string {
  const count = (outcome: FileResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length
  const tests = results.reduce((sum, { points }) => sum + points.length, 0)
  const words = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped, ${count('not-run')} not run`
  const broken = results.flatMap(({ file, reasons }) =>
    reasons.map((reason) => onOneLine(withFile(file, reason))),
  )
  return [
    `# ${counted(results.length, 'file')} with ${counted(tests, 'test')}: ${words}`,
    ...broken.map((line) => `#   ${line}`),
    ...Object.entries(standIns).map(([name, note]) => `# Stand-in for extension ${name}: ${note}`),
    '',
  ].join('\n')
}

/** A line of TAP is one line: a line break in a file's name is printed as \\n. */
function onOneLine(text: string): string {
  return text.replace(/\r/g, '\\r').replace(/\n/g, '\\n')
}

/** A reason that already says where names the file itself. */
function withFile(file: string, reason: string): string {
  return reason.startsWith(`${file}:`) ? reason : `${file}: ${reason}`
}

/** `#` begins a directive. */
function escaped(description: string): string {
  return onOneLine(description.replace(/[\\#]/g, '\\$&'))
}
