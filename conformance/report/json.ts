import type { Report } from './report.ts'

/** The report as it is, for machines. Its schema is `report.schema.json`. */
export function json(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
