/** Who waits while a migration works: blocking locks on tables that were there before, and what is done under them. */
import type { Section } from '../../report/index.ts'
import { nodeAs, type Statement } from '../../syntax/index.ts'
import type { Trouble } from '../step.ts'
import type { Effect, ObservedFile } from './observe.ts'

/** What a lock stops, by its mode in pg_locks. Modes that are missing stop neither reading nor writing. */
const STOPS: Readonly<Record<string, 'reads and writes' | 'writes'>> = {
  AccessExclusiveLock: 'reads and writes',
  ExclusiveLock: 'writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
}

/** Up to so many rows, reading or writing them all is over before anybody notices. */
const FEW_ROWS = 10_000

/** How many rows a table has at the target; `undefined` when nobody knows. */
export type RowCount = (table: string) => number | undefined

/** A blocking lock that a file holds. */
export interface HeldLock {
  readonly table: string
  readonly stops: 'reads and writes' | 'writes'
  readonly line: number
}

/** A statement, the blocking locks that its file holds when it is done, and what it works through under them. */
export interface UnderLocks {
  readonly effect: Effect
  readonly locks: readonly HeldLock[]
  readonly work: readonly Work[]
}

/** The statements of a file from its first blocking lock to its end. */
export function locksAndWork({ effects }: ObservedFile): UnderLocks[] {
  const held = new Map<string, HeldLock>()
  return effects.flatMap((effect) => {
    for (const lock of blocking(effect)) keepStrongest(held, lock)
    return held.size === 0 ? [] : [{ effect, locks: [...held.values()], work: workOf(effect) }]
  })
}

/** How long a file makes others wait by a measurement, where it is one of all that it does. */
export interface Measurement {
  readonly isWithinBudget: boolean
  readonly inWords: string
}

/** One trouble for each statement that works through a table while somebody has to wait for it. */
export function lockTroubles(
  observed: ObservedFile,
  rows: RowCount,
  measurement?: Measurement | undefined,
): Trouble[] {
  return locksAndWork(observed).flatMap(({ effect, locks, work }) => {
    if (work.length === 0) return []
    const most = Math.max(...work.map(({ table }) => rows(table) ?? Number.POSITIVE_INFINITY))
    const isShort = most <= FEW_ROWS || measurement?.isWithinBudget === true
    const said = `It stops all ${inWords(locks, effect.statement.line)} while it ${work.map((each) => told(each, rows)).join(' and ')}.`
    return [
      {
        objects: [`${observed.file.name}:${effect.statement.line}`],
        reason: measurement ? `${said} ${measurement.inWords}` : said,
        hint: rewriteOf(effect.statement),
        severity: isShort ? ('warning' as const) : ('error' as const),
      },
    ]
  })
}

function keepStrongest(held: Map<string, HeldLock>, lock: HeldLock): void {
  const former = held.get(lock.table)
  if (!former || (former.stops === 'writes' && lock.stops === 'reads and writes')) held.set(lock.table, lock)
}

function blocking({ locks, statement }: Effect): HeldLock[] {
  return [...locks].flatMap(([table, modes]) => {
    const stops = modes.flatMap((mode) => STOPS[mode] ?? [])
    if (stops.length === 0) return []
    const strongest = stops.includes('reads and writes') ? 'reads and writes' : 'writes'
    return [{ table, stops: strongest, line: statement.line }]
  })
}

/** Something that takes the longer the more rows there are. */
export interface Work {
  readonly table: string
  readonly how: 'writes anew' | 'builds an index of' | 'reads all of'
}

function workOf({ rewritten, indexed, scanned }: Effect): Work[] {
  const work: Work[] = [
    ...rewritten.map((table) => ({ table, how: 'writes anew' as const })),
    ...indexed.map((table) => ({ table, how: 'builds an index of' as const })),
    ...scanned.map((table) => ({ table, how: 'reads all of' as const })),
  ]
  return work.filter(({ table }, i) => work.findIndex((other) => other.table === table) === i)
}

function told({ table, how }: Work, rows: RowCount): string {
  const count = rows(table)
  return `${how} ${table}${count === undefined ? '' : ` (${inMillions(count)} rows)`}`
}

function inWords(held: readonly HeldLock[], line: number): string {
  return held
    .map((lock) => {
      const since = lock.line === line ? '' : `, locked since line ${lock.line},`
      return `${lock.stops} of ${lock.table}${since}`
    })
    .join(' and ')
}

/** As people say it: `40 million`, `12,000`. */
export function inMillions(count: number): string {
  return count >= 1_000_000
    ? `${Number((count / 1_000_000).toPrecision(2))} million`
    : count.toLocaleString('en-US')
}

const IN_STEPS = 'Do it in a migration of its own, in steps that lock for a moment each.'

/** What does the same without making anybody wait. */
export function rewriteOf({ node }: Statement): string {
  if (nodeAs(node, 'IndexStmt')) return 'Use `create index concurrently`, alone in a migration of its own.'
  if (nodeAs(node, 'UpdateStmt') ?? nodeAs(node, 'DeleteStmt') ?? nodeAs(node, 'InsertStmt'))
    return 'Change rows in a migration of its own, before the one that locks the table, in batches where there are many.'
  if (nodeAs(node, 'ReindexStmt')) return 'Use `reindex … concurrently`, alone in a migration of its own.'
  const commands = (nodeAs(node, 'AlterTableStmt')?.cmds ?? []).map((each) => nodeAs(each, 'AlterTableCmd'))
  for (const command of commands) {
    const constraint = nodeAs(command?.def, 'Constraint')
    switch (command?.subtype) {
      case 'AT_AlterColumnType':
        return 'Add a column of the new type, fill it in batches, and exchange the names.'
      case 'AT_SetNotNull':
        return 'Add `check (… is not null) not valid`, validate it in the next migration, and set NOT NULL after that: PostgreSQL then reads nothing.'
      case 'AT_AddColumn':
        return 'Add the column without the default or the expression, set the default for new rows, and fill the old ones in batches.'
      case 'AT_AddConstraint':
        if (constraint?.contype === 'CONSTR_FOREIGN' || constraint?.contype === 'CONSTR_CHECK')
          return 'Add it `not valid`, and `validate constraint` in the next migration: that stops nobody.'
        return 'Build the index with `create unique index concurrently` in a migration of its own, then add the constraint `using index`.'
    }
  }
  return IN_STEPS
}

/** Every lock that stops somebody, and what was done under it. */
export function lockSection(observed: readonly ObservedFile[], rows: RowCount): Section | undefined {
  const lines = observed.flatMap(({ file, effects }) => {
    const told_ = new Set<string>()
    return effects.flatMap((effect) => {
      const fresh = blocking(effect).filter(({ table, stops }) => !told_.has(`${table} ${stops}`))
      for (const { table, stops } of fresh) told_.add(`${table} ${stops}`)
      const work = workOf(effect).map((each) => told(each, rows))
      return fresh.map(({ table, stops }) => [
        `${file.name}:${effect.statement.line}`,
        table,
        stops,
        work.join(', ') || 'nothing that takes long',
        effect.ms.toFixed(0),
      ])
    })
  })
  if (lines.length === 0) return undefined
  return {
    title: 'Locks on tables that were there before',
    lines: ['Each is held until its file is done.'],
    columns: [
      { name: 'statement' },
      { name: 'table' },
      { name: 'stops' },
      { name: 'while it' },
      { name: 'ms', isNumber: true },
    ],
    rows: lines,
  }
}
