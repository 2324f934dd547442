import type { SqlError } from '../engines/index.ts'

/** What the server said when it refused a statement, as pgTAP lists it. */
export function died(error: SqlError): string {
  const named = {
    'DETAIL:     ': error.detail,
    'HINT:       ': error.hint,
    'SCHEMA:     ': error.schema,
    'TABLE:      ': error.table,
    'COLUMN:     ': error.column,
    'CONSTRAINT: ': error.constraint,
    'TYPE:       ': error.dataType,
  }
  const lines = Object.entries(named).filter(([, value]) => value)
  return [
    `    died: ${error.code}: ${error.message}`,
    ...lines.map(([label, value]) => `        ${label}${value}`),
  ].join('\n')
}
