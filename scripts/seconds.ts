/** How long something may take, as all verbs read it. */
import { InvalidArgumentError } from 'commander'

/** Less than a millisecond would be rounded to 0, which a server takes for no limit at all. */
export function asSeconds(text: string): number {
  const seconds = Math.round(Number(text) * 1000) / 1000
  if (seconds > 0 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('It is no time: expected a number of seconds, from 0.001 to 3600.')
}
