/** CSV with a header: provider, model, unit, the fields of a price, effective_from, expires_at, as_of, source, notes. */
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { isDecimal, scaled } from '../decimal.ts'
import { isDay, isMoment, momentOf } from '../moment.ts'
import { byKey, duplicate, MODEL_FIELDS, type Price } from '../price.ts'
import { Refused } from '../refused.ts'
import { TOKEN_UNITS } from '../sheet.ts'
import type { Read } from './file.ts'

const NEEDED = ['provider', 'model', 'unit', 'input', 'output']
const KNOWN = [
  ...NEEDED,
  ...MODEL_FIELDS,
  'threshold_input_tokens',
  'effective_from',
  'expires_at',
  'as_of',
  'source',
  'notes',
]

type Line = Readonly<Record<string, string>>

export function readCsv(text: string, file: string): Read {
  const [first, ...rows] = rowsOf(text, file)
  const header = first?.cells ?? []
  const unknown = header.filter((column) => !KNOWN.includes(column))
  const missing = NEEDED.filter((column) => !header.includes(column))
  if (unknown.length > 0)
    throw new Refused(
      `${file} has unknown columns: ${unknown.join(', ')}; docs/prices.md has those that are known.`,
    )
  const repeated = header.find((column, at) => header.indexOf(column) !== at)
  if (repeated !== undefined)
    throw new Refused(
      `${file} has the column ${repeated} twice, and nobody can tell which is meant: keep one.`,
    )
  if (missing.length > 0) throw new Refused(`${file} lacks the columns ${missing.join(', ')}.`)
  const prices = rows.map(({ cells, line }) =>
    priceOf(
      Object.fromEntries(header.map((column, at) => [column, cells[at] ?? ''])),
      `${file}, line ${line}`,
    ),
  )
  const twice = duplicate(prices)
  if (twice)
    throw new Refused(`${file}: ${twice} is there twice, and nobody can tell which is meant: keep one.`)
  return { format: 'csv', complete: false, prices: prices.sort(byKey), leftovers: [], accepted: {} }
}

interface Row {
  readonly cells: readonly string[]
  /** The line on which it begins. */
  readonly line: number
}

/** What is read of a row, where it ends and its text. */
const Parsed = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.int() }), raw: z.string() }),
)

function rowsOf(text: string, file: string): Row[] {
  try {
    // Of two characters that end a line each would be counted.
    const rows = parse(text.replace(/\r\n?/g, '\n'), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      raw: true,
    })
    // The text of a row begins with the blank lines before it.
    return Parsed.parse(rows).map(({ record, info, raw }) => ({
      cells: record,
      line: info.lines - (raw.trim().match(/\n/g)?.length ?? 0),
    }))
  } catch (error) {
    throw new Refused(`${file} is no CSV: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function priceOf(line: Line, at: string): Price {
  const unit = line['unit'] ?? ''
  const power = Object.entries(TOKEN_UNITS).find(([name]) => name === unit)?.[1]
  if (power === undefined)
    throw new Refused(
      `${at}: "${unit}" is no unit of a price: expected one of "${Object.keys(TOKEN_UNITS).join('", "')}".`,
    )
  const amounts = Object.fromEntries(
    MODEL_FIELDS.flatMap((field) => {
      const amount = line[field] ?? ''
      if (amount === '') return []
      if (!isDecimal(amount)) throw new Refused(`${at}: ${field} "${amount}" is no decimal number.`)
      return [[field, scaled(amount, power)]]
    }),
  )
  if (!amounts['input'] || !amounts['output'] || !line['provider'] || !line['model'])
    throw new Refused(`${at}: provider, model, input and output must all be there.`)
  const threshold = line['threshold_input_tokens'] ?? ''
  const isLong = Object.keys(amounts).some((field) => field.startsWith('long_context.'))
  if (isLong !== /^\d+$/.test(threshold))
    throw new Refused(`${at}: threshold_input_tokens and long-context prices need each other.`)
  const date = (column: string, fits: (text: string) => boolean) => {
    const text = line[column] ?? ''
    if (text !== '' && !fits(text))
      throw new Refused(`${at}: ${column} "${text}" is no date: expected YYYY-MM-DD.`)
    return text === '' ? undefined : text
  }
  const from = date('effective_from', isMoment)
  const until = date('expires_at', isMoment)
  const verifiedOn = date('as_of', isDay)
  return {
    list: 'llm',
    of: line['provider'],
    name: line['model'],
    amounts,
    derived: [],
    ...(isLong ? { threshold: Number(threshold) } : {}),
    ...(from ? { from: momentOf(from) } : {}),
    ...(until ? { until: momentOf(until) } : {}),
    sources: line['source'] ? [line['source']] : [],
    ...(verifiedOn ? { verifiedOn } : {}),
    ...(line['notes'] ? { notes: line['notes'] } : {}),
  }
}
