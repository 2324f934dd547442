import type { Migration, Session } from '../engines/index.ts'
import { SqlError } from '../engines/index.ts'
import type { Kind, Mutant } from './mutant.ts'
import { accessChanges } from './mutants/access.ts'
import { catalogMutant } from './mutants/catalog.ts'
import { functionMutants, type Located } from './mutants/functions.ts'
import { scriptMutants } from './mutants/scripts.ts'
import { tableChanges } from './mutants/tables.ts'

/** What can be planted, and how many changes PostgreSQL itself refuses: nobody could make these by mistake. */
export interface Generated {
  readonly mutants: readonly Mutant[]
  readonly refused: number
  /** Those of all faults that there are, wanted or not. */
  readonly ids: ReadonlySet<string>
}

/** What is planted of it all. */
export interface Selection {
  /** How many of one kind in one object; of who may do what, always all. */
  readonly perObject: number
  readonly isWanted: (mutant: Mutant) => boolean
}

/** Kinds of which each one is planted: any of them opens or closes something for somebody. */
const ALWAYS = new Set<Kind>([
  'policy dropped',
  'policy opened',
  'policy roles',
  'row level security',
  'grant added',
  'grant removed',
  'view option',
  'price',
])

/** The faults of the migrations that PostgreSQL takes, of those that are wanted. `session` is in a database with all of them. */
export async function generate(
  migrations: readonly Migration[],
  statements: readonly Located[],
  session: Session,
  { perObject, isWanted }: Selection,
): Promise<Generated> {
  const unique = await allFaults(migrations, statements, session)
  const mutants: Mutant[] = []
  const counts = new Map<string, number>()
  let refused = 0
  for (const mutant of unique.filter(isWanted)) {
    const group = `${mutant.object}\0${mutant.kind}`
    const count = counts.get(group) ?? 0
    if (count >= perObject && !ALWAYS.has(mutant.kind)) continue
    if (await isTaken(session, mutant)) {
      mutants.push(mutant)
      counts.set(group, count + 1)
    } else refused += 1
  }
  return { mutants: inOrder(mutants), refused, ids: new Set(unique.map(({ id }) => id)) }
}

/** Every fault that there is, each once, by id. `session` is in a database with all migrations. */
export async function allFaults(
  migrations: readonly Migration[],
  statements: readonly Located[],
  session: Session,
): Promise<Mutant[]> {
  const changes = [...(await accessChanges(session)), ...(await tableChanges(session))]
  const all = [
    ...(await functionMutants(statements)),
    ...changes.map((change) => catalogMutant(migrations, change)),
    ...(await scriptMutants(migrations, statements)),
  ]
  return [...new Map(all.map((mutant) => [mutant.id, mutant])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  )
}

/** By file and line, as a reader meets them. */
function inOrder(mutants: readonly Mutant[]): Mutant[] {
  return [...mutants].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || (a.id < b.id ? -1 : 1),
  )
}

async function isTaken(session: Session, { shortcut }: Mutant): Promise<boolean> {
  if (!('script' in shortcut)) return true
  await session.query('begin')
  try {
    await session.run(shortcut.script)
    return true
  } catch (error) {
    if (error instanceof SqlError) return false
    throw error
  } finally {
    await session.query('rollback')
  }
}
