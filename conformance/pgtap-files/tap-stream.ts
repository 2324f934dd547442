import { counted } from './counted.ts'
import type { FileResult, Listener } from './run-files.ts'

/**
 * Writes a run as one TAP 14 stream: each file is a subtest, with what it printed, and a test point that says how it
 * ended. Readers of older TAP see the test points alone.
 */
export function tapStream(files: number, write: (text: string) => void): Listener {
  const print = (...lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''))
  let number = 0
  return {
    begins(file) {
      if (number === 0) print('TAP version 14', `1..${files}`)
      number += 1
      print(`# Subtest: ${file}`)
    },
    line: (text) => print(text === '' ? '' : `    ${text}`),
    ends(result) {
      const { file, outcome, skipped, bailedOut, reasons } = result
      const failed = outcome === 'failed' || outcome === 'not-run'
      const point = `${failed ? 'not ok' : 'ok'} ${number} - ${escaped(file)}`
      print(outcome === 'skipped' ? `${point} # SKIP ${skipped}` : point)
      if (failed)
        print('  ---', '  reasons:', ...reasons.map((reason) => `    - ${JSON.stringify(reason)}`), '  ...')
      if (bailedOut !== undefined) print(`Bail out! ${bailedOut}`.trimEnd())
    },
  }
}

/** The last lines of a stream, for people: how many files passed, and why the others did not. */
export function tapSummary(results: readonly FileResult[]): string {
  const count = (outcome: FileResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length
  const tests = results.reduce((sum, { points }) => sum + points.length, 0)
  const words = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped, ${count('not-run')} not run`
  const broken = results.flatMap(({ file, reasons }) => reasons.map((reason) => withFile(file, reason)))
  return [
    `# ${counted(results.length, 'file')} with ${counted(tests, 'test')}: ${words}`,
    ...broken.map((line) => `#   ${line}`),
    '',
  ].join('\n')
}

/** A reason that already says where names the file itself. */
function withFile(file: string, reason: string): string {
  return reason.startsWith(`${file}:`) ? reason : `${file}: ${reason}`
}

/** `#` begins a directive. */
function escaped(description: string): string {
  return description.replace(/[\\#]/g, '\\$&')
}
