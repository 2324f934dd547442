/** Days and moments as sheets have them, in UTC. */

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  return (
    DAY.test(text) &&
    // PostgreSQL has no year zero, which comes out of JavaScript as it went in.
    !text.startsWith('0000') &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    dayOf(new Date(`${text}T00:00:00Z`)) === text
  )
}

/** Whether a text is a day, or a moment in UTC. */
export function isMoment(text: string): boolean {
  if (isDay(text)) return true
  if (!MOMENT.test(text) || !isDay(text.slice(0, 10))) return false
  const date = new Date(text)
  // The hour 24 is the next day's first to JavaScript, and would stand in a sheet as it does nowhere else.
  return !Number.isNaN(date.getTime()) && dayOf(date) === text.slice(0, 10)
}

/** A moment in one spelling: a day is its first one, and a fraction of a second ends with its last digit that counts. */
export function momentOf(text: string): string {
  if (!text.includes('T')) return `${text}T00:00:00Z`
  return text.replace(/\.\d+(?=Z$)/, (fraction) => fraction.replace(/\.?0+$/, ''))
}

/** The day of a date. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/** How many days lie between two. */
export function daysBetween(from: string, to: string): number {
  return Math.floor(
    (Date.parse(`${to.slice(0, 10)}T00:00:00Z`) - Date.parse(`${from.slice(0, 10)}T00:00:00Z`)) / 86_400_000,
  )
}

/** A moment as a sheet has it, from what a server prints of `extract` or `to_char` in UTC: whole days lose their time. */
export function shortMoment(moment: string): string {
  return moment.replace(/T00:00:00(\.0+)?Z$/, '').replace(/\.0+Z$/, 'Z')
}
