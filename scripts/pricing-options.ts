/** What the verbs about prices share. */
import { type Command, InvalidArgumentError } from 'commander'
import type { PriceList } from '../conformance/pricing/index.ts'
import { callerFolder } from './from-caller.ts'

/** The file of the deviations that were verified by hand. */
const PINS = 'supabase/prices/pins.json'

export interface TakenOptions {
  readonly prefer: readonly string[]
  readonly provider: readonly string[]
  readonly pins: string
  readonly add?: boolean
  readonly effective?: string
  readonly today?: string
}

/** Gives a verb the options that say how lists are taken. */
export function addTakenOptions(command: Command): Command {
  return command
    .option('--prefer <sources>', 'which lists are believed first, comma-separated', asNames, [])
    .option('--provider <names>', 'only these providers, comma-separated; e2b for sandboxes', asNames, [])
    .option('--add', 'public lists also put forward models that have no price yet')
    .option('--effective <day>', 'when prices without a date of their own begin (YYYY-MM-DD, UTC)')
    .option('--pins <file>', 'deviations that were verified by hand', PINS)
    .option('--today <day>', 'the day from which ages are counted (default: that of the clock)')
}

/** The options as the room takes them. */
export async function takenBy(command: Command, today: string) {
  const { readPins } = await import('../conformance/pricing/index.ts')
  const { prefer, provider, pins, add, effective } = command.opts<TakenOptions>()
  const isNamed = command.getOptionValueSource('pins') === 'cli'
  await mustBeDates(command)
  return {
    prefer,
    providers: provider,
    pins: readPins(pins, isNamed),
    ...(add ? { add } : {}),
    ...(effective ? { effective } : {}),
    today,
  }
}

function asNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** Throws for a day or a moment that no calendar has. Here, since the room that knows is slow to load for --help. */
async function mustBeDates(command: Command): Promise<void> {
  const { isDay, isMoment } = await import('../conformance/pricing/index.ts')
  const { effective, today: day } = command.opts<TakenOptions>()
  if (day !== undefined && !isDay(day)) throw new Error(`--today "${day}" is no day: expected YYYY-MM-DD.`)
  if (effective !== undefined && !isMoment(effective))
    throw new Error(
      `--effective "${effective}" is no moment in UTC: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ.`,
    )
}

/** Reads lists as the caller of a verb has named them. */
export async function listReader(command: Command): Promise<(argument: string) => PriceList> {
  const { readPrices } = await import('../conformance/pricing/index.ts')
  return (argument) => readPrices(argument, callerFolder(command))
}

/** `KEY=REASON`, once or more. The key has no equals sign. */
export function asReason(
  text: string,
  former: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, reason] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || reason === undefined || reason.trim() === '')
    throw new InvalidArgumentError('Expected KEY=REASON, with a reason.')
  return { ...former, [key.trim()]: reason.trim() }
}

/** Today, by the clock. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}
