import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Scope, specFiles } from './left-out.ts'

/** What no module imports, and specs depend on all the same. */
export const READ_BY_SPECS = /\/(?:supabase|fixtures|conformance\/rules)\/.*\.(?:sql|json|toml|pg)$/

const specs = new URL('../specs/', import.meta.url)

/**
 * The files of specs, relative to their folder, that a watching run starts again when a file matching {@link READ_BY_SPECS}
 * is saved: for a rule, those of rules; for what only some specs name, such as a fixture, these; for all else, the migrations
 * first, every one of the run.
 */
export function dependentsOf(path: string, scope: Scope): string[] {
  const all = specFiles().filter((file) => scope.files?.includes(file) ?? true)
  if (path.includes('/conformance/rules/')) return all.filter((file) => file.startsWith('rules/'))
  const [stem = ''] = basename(path).split('.')
  const naming = all.filter((file) => readFileSync(new URL(file, specs), 'utf8').includes(stem))
  return path.includes('/fixtures/') && stem !== 'platform' && naming.length > 0 ? naming : all
}
