import type { Mutant } from './mutant.ts'
import type { Result } from './trials.ts'

/** A fault, what came of it, and why it need not be noticed. */
export interface Judged {
  readonly mutant: Mutant
  readonly result: Result
  readonly reason?: string
}

/** How many faults were noticed, survived, and are explained. */
export interface Score {
  readonly noticed: number
  readonly survived: number
  readonly explained: number
}

/** The score of some faults. One that is explained and noticed all the same counts as noticed. */
export function scoreOf(judged: readonly Judged[]): Score {
  const noticed = judged.filter(({ result }) => result.outcome === 'noticed').length
  const explained = judged.filter(
    ({ result, reason }) => result.outcome === 'survived' && reason !== undefined,
  ).length
  return { noticed, explained, survived: judged.length - noticed - explained }
}

/** In percent of those that are not explained, with one decimal, rounded down: 100 means all. */
export function percentOf({ noticed, survived }: Score): string {
  const all = noticed + survived
  return all === 0 ? '–' : (Math.floor((noticed * 1000) / all) / 10).toFixed(1)
}

/** The scores of groups, in order of their names. */
export function scoresBy(
  judged: readonly Judged[],
  by: (mutant: Mutant) => string,
): [name: string, score: Score][] {
  const groups = new Map<string, Judged[]>()
  for (const one of judged) groups.set(by(one.mutant), [...(groups.get(by(one.mutant)) ?? []), one])
  return [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([name, group]) => [name, scoreOf(group)])
}
