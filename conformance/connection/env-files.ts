import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Variables } from './connection.ts'

/** What lies about in a checkout, the stronger first. */
const USUAL = ['.env.local', '.env'] as const

/** Variables from files. They are read, never exported: no other program gets to see them. */
export interface EnvFiles {
  readonly variables: Variables
  /** Where they stand, in words. */
  readonly place: string
}

/** The file that somebody named. Throws an error of one sentence when it cannot be read. */
export function namedEnvFile(path: string): EnvFiles {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new Error(`The file of --env-file cannot be read: ${path}.`)
  }
  return { variables: parseEnv(text), place: 'in the file of --env-file' }
}

/** `.env.local` and `.env` of a folder, where they are: a variable of the first wins over the same of the second. */
export function usualEnvFiles(folder: string): EnvFiles {
  const there = USUAL.filter((name) => existsSync(join(folder, name)))
  const read = there.map((name): Variables => parseEnv(readFileSync(join(folder, name), 'utf8')))
  return { variables: Object.assign({}, ...read.reverse()), place: `in ${there.join(' and ')}` }
}
