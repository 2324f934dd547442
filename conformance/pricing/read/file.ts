import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { isLosslessNumber, parse } from 'lossless-json'
import { mustEndLater } from '../ends.ts'
import type { PriceList } from '../price.ts'
import { Refused } from '../refused.ts'
import { readCsv } from './csv.ts'
import { isLiteLlm, readLiteLlm } from './litellm.ts'
import { isModelsDev, readModelsDev } from './models-dev.ts'
import { refuseNames } from './names.ts'
import { readSheet } from './sheet.ts'

/** Ten times the largest public list. */
const MOST_BYTES = 20 * 1024 * 1024

/** Where a list of a format has its prices. */
const WHERE: Readonly<Record<PriceList['format'], string>> = {
  sheet: 'models or e2b.tiers',
  csv: 'a line for each price below the header',
  litellm: 'an entry for each model',
  'models.dev': 'providers with models',
  database: 'versions of prices',
}

/** What a reader makes of a text. */
export type Read = Omit<PriceList, 'file' | 'sha256' | 'source'> & { readonly source?: string }

/**
 * Reads a list of prices, whatever its format: a sheet of our own, LiteLLM's, that of models.dev, or CSV. `NAME=FILE` gives it
 * a name; a path is looked up from `folder`. Throws {@link Refused} with one sentence for what is none.
 */
export function readPrices(argument: string, folder = '.'): PriceList {
  const [, name, file = argument] = /^([\w.-]+)=(.+)$/.exec(argument) ?? []
  const bytes = bytesOf(resolve(folder, file))
  const text = decoded(bytes, file)
  const read = /^\s*[[{]/.test(text)
    ? readJson(text, file)
    : extname(file).toLowerCase() === '.csv'
      ? readCsv(text, file)
      : undefined
  if (!read)
    throw new Refused(
      `${file} is neither JSON nor a CSV file: expected a price sheet, LiteLLM's list, models.dev's api.json, or a .csv.`,
    )
  const { source = basename(file, extname(file)), ...rest } = read
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const list: PriceList = { source: name ?? source, file, sha256, ...rest }
  if (list.prices.length === 0 && list.leftovers.length === 0)
    throw new Refused(`${file} names no price: expected ${WHERE[list.format]}.`)
  refuseNames(list)
  mustEndLater(list.prices, `${file}: `)
  return list
}

/** JSON with its numbers as they are written. */
export function exactJson(text: string, file: string): unknown {
  try {
    return plain(parse(text))
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : String(error)
    throw new Refused(`${file} is not JSON, or is cut off: ${why}.`)
  }
}

function readJson(text: string, file: string): Read {
  const json = exactJson(text, file)
  if (isLiteLlm(json)) return readLiteLlm(json)
  if (isModelsDev(json)) return readModelsDev(json)
  return readSheet(json, file)
}

/** A number of the text, for readers to tell from a string. */
export interface Written {
  readonly written: string
}

export function isWritten(value: unknown): value is Written {
  return (
    typeof value === 'object' && value !== null && 'written' in value && typeof value.written === 'string'
  )
}

function plain(value: unknown): unknown {
  if (isLosslessNumber(value)) return { written: value.value }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  return value
}

function bytesOf(file: string): Buffer {
  try {
    const { size } = statSync(file)
    if (size > MOST_BYTES)
      throw new Refused(`${file} has ${size} bytes: a list of prices has ${MOST_BYTES} at most.`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Refused) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new Refused(`${file} cannot be read (${code}): name a price sheet.`)
  }
}

function decoded(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refused(`${file} is not UTF-8 text: expected JSON or CSV.`)
  }
}
