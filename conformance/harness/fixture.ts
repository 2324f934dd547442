import { readFileSync } from 'node:fs'

/** The script of a situation: `fixtures/<name>.sql`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/${name}.sql`, import.meta.url), 'utf8')
}
