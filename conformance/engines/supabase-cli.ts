import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * How the Supabase CLI is started, as a program and its first arguments: the one that this project pins, or another, of which
 * `CONFORMANCE_CLI` is the path.
 */
export function supabaseCli(): readonly [program: string, ...args: string[]] {
  const other = process.env['CONFORMANCE_CLI']
  if (other) return [other]
  const manifest = createRequire(import.meta.url).resolve('supabase/package.json')
  return [process.execPath, join(dirname(manifest), 'dist/supabase.js')]
}
