import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { specFiles, specFolder } from './spec-files.ts'

/** What no module imports, and specs depend on all the same. */
export const READ_BY_SPECS = /\/(?:supabase|fixtures|conformance\/rules)\/.*\.(?:sql|json|toml|pg)$/

/**
 * Which of these files of specs, relative to their folder, depend on a file matching {@link READ_BY_SPECS}: on a rule, those of
 * rules; on what only some specs name, such as a fixture, these; on all else, the migrations first, every one.
 */
export function dependentsOf(path: string, all: readonly string[] = specFiles()): readonly string[] {
  if (path.includes('/conformance/rules/')) return all.filter((file) => file.startsWith('rules/'))
  const [stem = ''] = basename(path).split('.')
  const naming = all.filter((file) => readFileSync(new URL(file, specFolder), 'utf8').includes(stem))
  return path.includes('/fixtures/') && stem !== 'platform' && naming.length > 0 ? naming : all
}
