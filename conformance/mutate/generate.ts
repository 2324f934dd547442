import type { Migration, Session } from '../engines/index.ts'
import { SqlError } from '../engines/index.ts'
import type { Mutant } from './mutant.ts'
import { accessChanges } from './mutants/access.ts'
import { catalogMutant } from './mutants/catalog.ts'
import { functionMutants, locatedStatements } from './mutants/functions.ts'
import { scriptMutants } from './mutants/scripts.ts'
import { tableChanges } from './mutants/tables.ts'

/** What can be planted, and how many changes PostgreSQL itself refuses: nobody could make these by mistake. */
export interface Generated {
  readonly mutants: readonly Mutant[]
  readonly refused: number
}

/** Every fault of the migrations that PostgreSQL takes. `session` is in a database to which they were applied. */
export async function generate(migrations: readonly Migration[], session: Session): Promise<Generated> {
  const statements = await locatedStatements(migrations)
  const changes = [...(await accessChanges(session)), ...(await tableChanges(session))]
  const all = [
    ...(await functionMutants(statements)),
    ...changes.map((change) => catalogMutant(migrations, change)),
    ...(await scriptMutants(migrations, statements)),
  ]
  const unique = [...new Map(all.map((mutant) => [mutant.id, mutant])).values()]
  const mutants: Mutant[] = []
  await session.query('begin')
  for (const mutant of unique) if (await isTaken(session, mutant)) mutants.push(mutant)
  await session.query('rollback')
  return { mutants, refused: unique.length - mutants.length }
}

async function isTaken(session: Session, { shortcut }: Mutant): Promise<boolean> {
  if (!('script' in shortcut)) return true
  await session.query('savepoint mutant')
  try {
    await session.run(shortcut.script)
    return true
  } catch (error) {
    if (error instanceof SqlError) return false
    throw error
  } finally {
    await session.query('rollback to savepoint mutant')
  }
}
