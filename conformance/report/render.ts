import { bounded } from './bounded.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import type { Report } from './report.ts'

/** How a report can be written: its name, and the file it is usually kept in. */
export const REPORTERS = {
  terminal: 'report.txt',
  json: 'report.json',
  junit: 'junit.xml',
  tap: 'report.tap',
  ctrf: 'ctrf.json',
  markdown: 'report.md',
  html: 'report.html',
} as const

/** A way to write a report. */
export type ReporterName = keyof typeof REPORTERS

/** Every way to write a report. */
export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[]

/**
 * A report in one of its forms, complete. What cannot be printed is made visible first, for all forms alike, and what failed
 * makes it at most twice as long. A renderer is loaded when it is asked for, so that nobody waits for those that are not.
 */
export async function render(report: Report, name: ReporterName, paint?: Paint): Promise<string> {
  return bounded(printable(report), (clean) => rendered(clean, name, paint))
}

async function rendered(clean: Report, name: ReporterName, paint?: Paint): Promise<string> {
  switch (name) {
    case 'terminal':
      return (await import('./terminal.ts')).terminal(clean, paint)
    case 'json':
      return (await import('./json.ts')).json(clean)
    case 'junit':
      return (await import('./junit.ts')).junit(clean)
    case 'tap':
      return (await import('./tap.ts')).tap(clean)
    case 'ctrf':
      return (await import('./ctrf.ts')).ctrf(clean)
    case 'markdown':
      return (await import('./markdown.ts')).markdown(clean)
    case 'html':
      return (await import('./html/html.tsx')).html(clean)
  }
}
