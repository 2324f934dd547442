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
  return { variables: read(path, 'The file of --env-file'), place: 'in the file of --env-file' }
}

/**
 * `.env.local` and `.env` of a folder, where they are: a variable of the first wins over the same of the second. Throws an
 * error of one sentence when one is there and cannot be read.
 */
export function usualEnvFiles(folder: string): EnvFiles {
  const there = USUAL.filter((name) => existsSync(join(folder, name)))
  const weakestFirst = there.map((name) => read(join(folder, name), name)).reverse()
  return { variables: Object.assign({}, ...weakestFirst), place: `in ${there.join(' and ')}` }
}

function read(path: string, what: string): Variables {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    throw new Error(`${what} cannot be read: ${path}.`)
  }
  // What Windows writes: every second byte of it is 0, which no text in UTF-8 has.
  if (bytes.includes(0)) throw new Error(`${what} is in UTF-16, or no text: save it as UTF-8: ${path}.`)
  const variables = parseEnv(bytes.toString('utf8').replace(/^\uFEFF/, ''))
  // A line without an equals sign becomes part of the next one's name, and that one is not found.
  if (Object.keys(variables).some((name) => !/^[\w.-]+$/.test(name)))
    throw new Error(
      `${what} has a line that is no variable: expected NAME=value, or # before a remark: ${path}.`,
    )
  return variables
}
