import { test as base, expect, inject, type TestContext } from 'vitest'
import {
  type Database,
  engineNamed,
  type OpenOptions,
  type RunningEngine,
  type StartOptions,
} from '../engines/index.ts'
import { serverOf } from '../evidence/index.ts'
import { fixture } from './fixture.ts'
import { Ledger } from './ledger.ts'
import { OwnDatabases } from './own-databases.ts'
import { beginTest, endTest } from './rolled-back.ts'
import { SchemaComparison } from './schema-comparison.ts'
import { type Kept, SharedDatabase } from './shared-database.ts'
import './task-meta.ts'
import { claimsFor } from './session-claims.ts'
import { watched, watcher } from './watcher.ts'

/**
 * A test in a transaction of its own, on the engine that its project is named after.
 *
 * The ladder of isolation, the cheapest first; a test takes the lowest rung that will bear it:
 *
 * - `session`: the migrated database. All is rolled back when the test ends.
 * - `platform`: a database with the platform and no migration. All is rolled back when the test ends.
 * - `zoo`: a database with `fixtures/zoo.sql`, and pgTAP where it can be had. All is rolled back when the test ends.
 * - `ownDatabase(options)`: a database of the test's own, where changes are committed; see `needs('own-database')`.
 * - `ownCluster(options)`: a server of the test's own, to crash or to change roles on; see `needs('own-cluster')`.
 *
 * And what it speaks with:
 *
 * - `as(actor)`: runs a statement as somebody, in `session`: as(acme)`select …`.isEmpty()
 * - `tap`: claims on the catalog of `session`.
 * - `asAtZoo`, `tapAtZoo`: the same two in `zoo`.
 * - `on(session)`: the same two in any other session, such as `platform`; statements have to be in a transaction there.
 * - `engine`, `engineKind`: for the specs of engines.
 * - `platformServer`: a server of the worker's own, for databases with the whole platform: its roles are those of the whole server.
 */
export const test = base
  .extend('engineKind', { scope: 'worker' }, async () => engineNamed(inject('engine').name))
  .extend('engine', { scope: 'worker' }, async ({ engineKind }) =>
    watched(await engineKind.join(inject('engine').ticket)),
  )
  .extend('platformServer', { scope: 'worker' }, async ({ engineKind }, { onCleanup }) => {
    const started = await engineKind.start()
    onCleanup(() => started.stop())
    return started
  })
  .extend('migrated', { scope: 'worker' }, async ({ engine }, { onCleanup }) => {
    const database = shared(() => engine.open(), onCleanup)
    watcher()?.migrated(database)
    return database
  })
  .extend('comparison', { scope: 'worker' }, async ({ migrated }) => new SchemaComparison(migrated))
  .extend('server', { scope: 'worker' }, async ({ engine, migrated }) =>
    serverOf(engine.name, await migrated.session()),
  )
  .extend('bare', { scope: 'worker' }, async ({ engine }, { onCleanup }) =>
    shared(() => engine.open({ holds: 'platform' }), onCleanup),
  )
  .extend('zooDatabase', { scope: 'worker' }, async ({ engine }, { onCleanup }) => {
    const pgtap = engine.lacks.pgtap === undefined
    return shared(() => engine.open({ holds: 'platform', pgtap, prepare: fixture('zoo') }), onCleanup)
  })
  .extend('ledger', { auto: true }, async ({ task }, { onCleanup }) => {
    const ledger = new Ledger()
    // A test that has failed already has said what matters, and one that was skipped has nothing to say.
    onCleanup(() => {
      if (!failed(task) && !skipped(task)) ledger.close(expect.getState().assertionCalls)
    })
    return ledger
  })
  .extend('session', async ({ migrated, engine, server, comparison, skip, task }, { onCleanup }) => {
    task.meta.server = server
    onCleanup(async () => {
      await endShared(migrated, task)
      await comparison.noteFor(task)
    })
    return beginTest(await migrated.session(), { readOnly: engine.readOnly, skip })
  })
  .extend('platform', async ({ bare, engine, comparison, skip, task }, { onCleanup }) => {
    const { 'bare-platform': lacking } = inject('engine').lacks
    if (lacking) return skip(lacking)
    onCleanup(async () => {
      await endShared(bare, task)
      await comparison.noteFor(task)
    })
    return beginTest(await bare.session(), { readOnly: engine.readOnly, skip })
  })
  .extend('zoo', async ({ zooDatabase, engine, skip, task }, { onCleanup }) => {
    const { 'bare-platform': lacking } = inject('engine').lacks
    if (lacking) return skip(lacking)
    const session = await zooDatabase.session()
    onCleanup(() => endShared(zooDatabase, task))
    await beginTest(session, { readOnly: engine.readOnly, skip })
    await session.query('set local search_path = zoo, zoo_annex, public, extensions')
    return session
  })
  .extend('on', async ({ ledger }) => claimsFor(ledger))
  .extend('asAtZoo', async ({ zoo, on }) => on(zoo).as)
  .extend('tapAtZoo', async ({ zoo, on }) => on(zoo).tap)
  .extend('as', async ({ session, on }) => on(session).as)
  .extend('tap', async ({ session, on }) => on(session).tap)
  .extend('ownDatabase', async ({ engine, comparison, task }, { onCleanup }) => {
    const databases = new OwnDatabases(engine)
    onCleanup(async () => {
      const { leaked } = databases
      const keep = inject('keep') && failed(task)
      const urls = await databases.close({ keep })
      if (keep) noteKept(task, ...urls.map((url) => ({ url })))
      await comparison.noteFor(task)
      if (leaked > 0 && !failed(task))
        throw new Error(`${leaked} connections to databases of its own were left open: close() each session.`)
    })
    return (options?: OpenOptions) => databases.open(options)
  })
  .extend('ownCluster', async ({ engineKind }, { onCleanup }) => {
    const running: RunningEngine[] = []
    onCleanup(async () => {
      for (const engine of running) await engine.stop()
    })
    return async (options?: StartOptions) => {
      const engine = await engineKind.start(options)
      running.push(engine)
      return engine
    }
  })

type OnCleanup = (cleanup: () => Promise<void>) => void

function shared(open: () => Promise<Database>, onCleanup: OnCleanup): SharedDatabase {
  const database = new SharedDatabase(open)
  onCleanup(() => database.close())
  return database
}

/** Takes back what a test did; or, when it failed and its database is wanted, keeps that, with what it did. */
async function endShared(database: SharedDatabase, task: TestContext['task']): Promise<void> {
  const kept = inject('keep') && failed(task) ? await database.keep() : undefined
  if (kept) noteKept(task, kept)
  // What was kept had an end of its own.
  if (!kept || 'why' in kept) await endTest(await database.session())
}

function noteKept({ meta }: TestContext['task'], ...kept: readonly Kept[]): void {
  meta.kept = [...(meta.kept ?? []), ...kept]
}

function failed({ result }: { readonly result?: { readonly errors?: readonly unknown[] } }): boolean {
  return (result?.errors?.length ?? 0) > 0
}

/** Vitest notes a skip from within the test here, and only later in the state. */
function skipped({ result }: { readonly result?: object }): boolean {
  return result !== undefined && 'pending' in result && result.pending === true
}
