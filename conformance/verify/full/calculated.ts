/** Answers of the product's functions beside what they should be. */
import type { Row } from '../../engines/index.ts'
import type { Trouble } from './check.ts'

/** Prices that are tried; of more, those that started last. */
export const TRIED = 2_000

/** In force at `m.moment`, and not one that a later version takes the place of; none of two that begin at once. */
export const applies = (table: string, key: string) => `
  p.effective_date <= m.moment and (p.expires_at is null or m.moment < p.expires_at)
  and not exists (
    select from copilot_internal.${table} as o
    where ${key} and o.id <> p.id and o.effective_date >= p.effective_date and o.effective_date <= m.moment
      and (o.expires_at is null or m.moment < o.expires_at))`

/** When a price is tried: as it came, and now. */
export const MOMENTS = `cross join lateral (values (p.effective_date), (now())) as m (moment)`

/** What is wrong with answers of a function; `want` answers what each row should have. */
export function compared(
  name: string,
  rows: readonly Row[],
  want: (row: Row, i: number) => string,
): Trouble[] {
  return rows.flatMap((row, i) => {
    if (noNumbers(row).length > 0) return []
    const wanted = want(row, i)
    return row['have'] === wanted ? [] : [wrong(name, row['name'], row['have'], wanted)]
  })
}

/** Prices that are no number: nothing can be calculated with them, and without its constraint the list can hold some. */
export function noNumbers(row: Row): string[] {
  return ['input', 'output', 'second', 'core', 'memory', 'disk'].filter(
    (name) => row[name] !== undefined && !/^\d+(\.\d+)?$/.test(row[name] ?? ''),
  )
}

/** Prices that nothing can be calculated with, each a trouble of its own. */
export function unusable(rows: readonly Row[]): Trouble[] {
  const names = new Map(rows.flatMap((row) => noNumbers(row).map((column) => [row['name'], row[column]])))
  return [...names].map(([name, have]) => ({
    objects: [`price of ${name}`],
    have: have ?? 'nothing',
    want: 'a number, 0 or more',
  }))
}

/** One wrong answer of a function. */
export function wrong(
  name: string,
  what: string | null | undefined,
  have: string | null | undefined,
  want: string | null | undefined,
): Trouble {
  return { objects: [name], have: `${what}: ${have ?? 'nothing'}`, want: `${what}: ${want ?? 'nothing'}` }
}

/** Examples that are told of one function. */
const TOLD = 5

/** One trouble for each function, with some of what it got wrong. */
export function byFunction(troubles: readonly Trouble[]): Trouble[] {
  const functions = new Map<string, Trouble[]>()
  for (const trouble of troubles) {
    const name = `function copilot_internal.${trouble.objects[0]}`
    functions.set(name, [...(functions.get(name) ?? []), trouble])
  }
  return [...functions].map(([name, own]) => ({
    objects: [name],
    reason: `${own.length} calculations are not what the price list makes of them.`,
    have: own
      .slice(0, TOLD)
      .map(({ have }) => have)
      .join('\n'),
    want: own
      .slice(0, TOLD)
      .map(({ want }) => want)
      .join('\n'),
  }))
}
