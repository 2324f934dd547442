/** Claims on how long a statement takes: `performs_ok`, `performs_within`. */
import type { Session } from '../engines/index.ts'
import { ask, type Query } from './query.ts'
import { type Verdict, verdict } from './verdict.ts'

/**
 * `performs_ok`: it takes less than so many milliseconds, the way to the server and back included.
 *
 * @example
 * await as(owner)`select 1`.performsOk(1_000)
 */
export async function performsOk(
  session: Session,
  query: Query,
  maxMs: number,
  description = `Should run in less than ${maxMs} ms`,
): Promise<Verdict> {
  const took = await timeMs(session, query)
  return verdict(took < maxMs, description, `      runtime: ${took} ms\n      exceeds: ${maxMs} ms`)
}

/**
 * `performs_within`: it takes so many milliseconds on the average, give or take `withinMs`. Of all runs, the fastest and the
 * slowest tenth do not count.
 *
 * @example
 * await as(owner)`select 1`.performsWithin(0, 1_000)
 */
export async function performsWithin(
  session: Session,
  query: Query,
  averageMs: number,
  withinMs: number,
  iterations = 10,
  description = `Should run within ${averageMs} +/- ${withinMs} ms`,
): Promise<Verdict> {
  const times: number[] = []
  for (let run = 0; run < iterations; run += 1) times.push(await timeMs(session, query))
  const middle = times
    .sort((a, b) => a - b)
    .slice(
      Math.round(0.1 * iterations),
      Math.round(0.1 * iterations) + Math.max(Math.round(0.8 * iterations), 1),
    )
  const average = middle.reduce((sum, time) => sum + time, 0) / middle.length
  return verdict(
    Math.abs(average - averageMs) < withinMs,
    description,
    ` average runtime: ${average} ms\n desired average: ${averageMs} +/- ${withinMs} ms`,
  )
}

async function timeMs(session: Session, query: Query): Promise<number> {
  const startedAt = performance.now()
  await ask(session, query)
  return performance.now() - startedAt
}
