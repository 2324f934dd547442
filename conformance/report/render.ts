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

type Renderer = (report: Report, paint?: Paint) => string

/** Each is loaded when it is asked for, so that nobody waits for those that are not. */
const RENDERERS: Readonly<Record<ReporterName, () => Promise<Renderer>>> = {
  terminal: async () => (await import('./terminal.ts')).terminal,
  json: async () => (await import('./json.ts')).json,
  junit: async () => (await import('./junit.ts')).junit,
  tap: async () => (await import('./tap.ts')).tap,
  ctrf: async () => (await import('./ctrf.ts')).ctrf,
  markdown: async () => (await import('./markdown.ts')).markdown,
  html: async () => (await import('./html/html.tsx')).html,
}

/** Loads what writes these reports, so that nobody waits for it once there is something to write. */
export async function loadRenderers(names: readonly ReporterName[]): Promise<void> {
  await Promise.all(names.map((name) => RENDERERS[name]()))
}

/**
 * A report in one of its forms, complete. What cannot be printed is made visible first, for all forms alike, and what failed
 * makes it at most twice as long.
 */
export async function render(report: Report, name: ReporterName, paint?: Paint): Promise<string> {
  const write = await RENDERERS[name]()
  return bounded(printable(report), (clean) => write(clean, paint))
}
