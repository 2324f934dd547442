import { readFileSync } from 'node:fs'

/**
 * The text of a file beside this one, which goes into the page as it is. In a file of its own: where Vitest bundles the report
 * room with its configuration, a `.tsx` file does not know where it lies.
 */
export function asset(name: 'page.css' | 'page.js'): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}
