/** Lengths of a quota's period. */
export type QuotaPeriod = 'hour' | 'day' | 'week' | 'month'

const HOUR_MS = 3_600_000
const LENGTH_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS }

/**
 * The period that holds a moment, start included and end excluded, in milliseconds since 1970. Periods are counted in
 * UTC from the anchor; a month anchored on the 31st starts on the last day of a shorter month.
 */
export function quotaPeriod(
  anchorMs: number,
  period: QuotaPeriod,
  momentMs: number,
): [startMs: number, endMs: number] {
  if (period !== 'month') {
    const n = Math.floor((momentMs - anchorMs) / LENGTH_MS[period])
    return [anchorMs + n * LENGTH_MS[period], anchorMs + (n + 1) * LENGTH_MS[period]]
  }
  // Counted up or down one by one: slow, and too plain to be wrong.
  let n = 0
  while (monthsAfter(anchorMs, n) > momentMs) n -= 1
  while (monthsAfter(anchorMs, n + 1) <= momentMs) n += 1
  return [monthsAfter(anchorMs, n), monthsAfter(anchorMs, n + 1)]
}

function monthsAfter(anchorMs: number, months: number): number {
  const anchor = new Date(anchorMs)
  const firstOfMonth = new Date(Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + months, 1))
  const lastDay = new Date(
    Date.UTC(firstOfMonth.getUTCFullYear(), firstOfMonth.getUTCMonth() + 1, 0),
  ).getUTCDate()
  const day = Math.min(anchor.getUTCDate(), lastDay)
  const timeOfDayMs = anchorMs - Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth(), anchor.getUTCDate())
  return Date.UTC(firstOfMonth.getUTCFullYear(), firstOfMonth.getUTCMonth(), day) + timeOfDayMs
}
