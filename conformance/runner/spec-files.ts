import { readdirSync } from 'node:fs'

/** Where the specs are. */
export const specFolder = new URL('../specs/', import.meta.url)

/** The project of the specs that need no engine. */
export const HOUSE = 'house'

/** Folders of specs of this checkout, of reports and of deploying: they are the same whatever the database. */
export const WITHOUT_ENGINE = ['deploy', 'house', 'predeploy', 'pricing', 'report'] as const

/** All files of specs, relative to their folder. */
export function specFiles(): string[] {
  return readdirSync(specFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
}
