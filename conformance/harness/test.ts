import { test as base, expect, inject } from 'vitest'
import { type Database, engineNamed, type OpenOptions, type Session } from '../engines/index.ts'
import { canary } from './actor.ts'
import { Ledger } from './ledger.ts'
import { speaker } from './statement.ts'
import { tapOf } from './tap.ts'

/**
 * A test in a transaction of its own, on the engine that its project is named after.
 *
 * - `session`: the migrated database. All is rolled back when the test ends.
 * - `as(actor)`: runs a statement as somebody, in that session: as(acme)`select …`.isEmpty()
 * - `tap`: claims on the catalog of that session.
 * - `platform`: a database with the platform and no migration. All is rolled back when the test ends.
 * - `engine`, `engineKind`: for the specs of engines.
 * - `ownDatabase(options)`: a database of the test's own, where changes are committed; see `needs('own-database')`.
 */
export const test = base
  .extend('engineKind', { scope: 'worker' }, async () => engineNamed(inject('engine').name))
  .extend('engine', { scope: 'worker' }, async ({ engineKind }) => engineKind.join(inject('engine').ticket))
  .extend('migrated', { scope: 'worker' }, async ({ engine }, { onCleanup }) =>
    connected(await engine.open(), onCleanup),
  )
  .extend('bare', { scope: 'worker' }, async ({ engine }, { onCleanup }) =>
    connected(await engine.open({ holds: 'platform' }), onCleanup),
  )
  .extend('ledger', { auto: true }, async ({ task }, { onCleanup }) => {
    const ledger = new Ledger()
    // A test that has failed already has said what matters.
    onCleanup(() => {
      if (!task.result?.errors?.length) ledger.close(expect.getState().assertionCalls)
    })
    return ledger
  })
  .extend('session', async ({ migrated }, { onCleanup }) => rolledBack(migrated, onCleanup))
  .extend('platform', async ({ bare }, { onCleanup }) => rolledBack(bare, onCleanup))
  .extend('as', async ({ session, ledger }) => speaker(session, ledger))
  .extend('tap', async ({ session, ledger }) => tapOf(session, ledger))
  .extend('ownDatabase', async ({ engine }, { onCleanup }) => {
    const opened: Database[] = []
    onCleanup(async () => {
      for (const database of opened) await database.close()
    })
    return async (options?: OpenOptions) => {
      const database = await engine.open(options)
      opened.push(database)
      return database
    }
  })

type OnCleanup = (cleanup: () => Promise<void>) => void

async function connected(database: Database, onCleanup: OnCleanup): Promise<Session> {
  onCleanup(() => database.close())
  return database.connect()
}

/** A transaction that ends with the test, whatever happened in it; then the session must still answer. */
async function rolledBack(session: Session, onCleanup: OnCleanup): Promise<Session> {
  await session.query('begin')
  onCleanup(async () => {
    await session.query('rollback')
    await canary(session)
  })
  return session
}
