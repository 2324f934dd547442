import { z } from 'zod'
import { ReportSchema, SCHEMA_VERSION } from './report.ts'

/**
 * The JSON Schema (draft 2020-12) of the JSON report, as it is published in `report.schema.json`. It lets
 * fields pass that it does not know: later versions may add some.
 */
export function jsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(ReportSchema, { io: 'input' })
  return `${JSON.stringify({ $schema, $id: `report.schema.json?version=${SCHEMA_VERSION}`, ...schema }, null, 2)}\n`
}
