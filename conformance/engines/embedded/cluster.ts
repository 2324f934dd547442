/**
 * Clusters with the platform and the migrations in them, kept between runs: a server that starts from a copy has neither initdb
 * nor its templates before it. They are kept in two stages, so that a changed migration costs the migrations alone.
 */
import { readFileSync } from 'node:fs'
import type { Account } from '../account.ts'
import { cachedFolder, keyOf } from '../cache.ts'
import { SqlError } from '../engine.ts'
import { type Contents, templateName } from '../server/contents.ts'
import { databasesOf } from '../server/databases.ts'
import { findNative, type Major, manifestOf } from './binaries.ts'
import { copyFolder } from './folder-copy.ts'
import { type Locale, localeArguments } from './locale.ts'
import { placeOf, startServer } from './server.ts'

/** What a cluster is made with, and whose it is. */
export interface ClusterOptions extends Pick<Contents, 'holds' | 'regime'> {
  readonly major: Major
  readonly locale: Locale
  readonly account: Account
}

const PRIVATE = { folder: 0o700, file: 0o600 }

/**
 * Puts a cluster at `data`, where nothing is yet: one that was kept, or a new one. Its role `postgres` has a password that nobody
 * knows.
 */
export async function putCluster(data: string, options: ClusterOptions): Promise<void> {
  try {
    await putStage(data, options)
  } catch (error) {
    // A migration that is refused keeps no server from starting: whoever opens a database is told.
    if (!(error instanceof SqlError)) throw error
    await putStage(data, { ...options, holds: 'platform' })
  }
}

function putStage(data: string, options: ClusterOptions): Promise<void> {
  const { major, locale, regime, holds, account } = options
  return cachedFolder(`cluster-${major}-${locale}-${regime}-${holds}`, stageKey(options), data, {
    make: () => makeStage(data, options),
    take: (kept) => copyFolder(kept, data, PRIVATE, account),
    give: (draft) => copyFolder(data, draft, PRIVATE),
  })
}

/** All that such a cluster is made of, the hands in it included. */
function stageKey({ major, locale, regime, holds }: ClusterOptions): string {
  const hands = ['./cluster.ts', './guardian.sh', '../server/template.ts', '../server/pgtap.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  )
  return keyOf(
    manifestOf(findNative(major)),
    ...localeArguments(locale),
    templateName({ holds, regime, appliedBy: 'suite', pgtap: true, prepare: '' }),
    ...hands,
  )
}

/** Builds the templates on a server that is there for that alone, and takes its cluster. */
async function makeStage(data: string, options: ClusterOptions): Promise<void> {
  const { major, locale, regime, holds, account } = options
  const before = (data: string) => putStage(data, { ...options, holds: 'platform' })
  const server = await startServer(major, {
    account,
    locale,
    ...(holds === 'migrations' ? { cluster: before } : {}),
  })
  try {
    const place = placeOf(server)
    const databases = databasesOf(place, place, { regime })
    for (const pgtap of [false, true]) await (await databases.open({ holds, pgtap })).close()
    await databases.leave()
    copyFolder(await server.shutDown(), data, PRIVATE, account)
  } finally {
    await server.stop()
  }
}
