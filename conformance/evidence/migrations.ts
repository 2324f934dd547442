import { createHash } from 'node:crypto'
import { migrations } from '../engines/index.ts'
import type { Report } from '../report/index.ts'

/** The files of the product in this checkout, each with its SHA-256 (as `sha256sum` prints it). */
export function migrationsOnTrial(): Report['trial']['migrations'] {
  return migrations().map(({ name, sql }) => ({
    name,
    sha256: createHash('sha256').update(sql).digest('hex'),
  }))
}
