/**
 * Targets in a state that takes a server of its own: slots that hold WAL back, transaction ids near their end, a standby.
 *
 * Method: real servers. Transaction ids are aged in the catalog, which is where the server itself looks; a standby is a cluster
 * that was shut down and starts again with its signal file.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectRemote, type Database } from '../../engines/index.ts'
import { describe, expect, onTestFinished, referenceServer, test } from '../../harness/index.ts'
import { healthStep, readFolder } from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'
import { connectionTo, projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()

/** WAL of some megabytes, by segments that are given up. */
const SEGMENTS = Array.from(
  { length: 5 },
  (_, i) =>
    `create table public.wal_${i} as select repeat('x', 100) from generate_series(1, 1000); select pg_switch_wal();`,
).join(' ')

/** What is said of slots, with another bound for what one may hold back. */
async function slotsOf({ url }: Database, slotBytes?: number) {
  const session = await connectRemote(await connectionTo(url))
  const folder = await readFolder(projectOf(SHOP).folder)
  const { findings, notes } = await inReadOnlyTransaction(session, () =>
    healthStep(session, folder, slotBytes),
  )
  await session.close()
  return {
    failed: findings.flatMap((one) => (one.outcome === 'failed' ? [`${one.id}: ${one.reason}`] : [])),
    unchecked: findings.filter(({ outcome }) => outcome === 'error').map(({ id }) => id),
    warnings: notes.map(({ text }) => text),
  }
}

describe('a replication slot', () => {
  test('that lags is told with how far, and a near one is not', async () => {
    const database = await ownDatabase({
      holds: 'platform',
      prepare: `select pg_create_physical_replication_slot('behind', true); ${SEGMENTS}`,
    })
    expect(await slotsOf(database)).toEqual({ failed: [], unchecked: [], warnings: [] })
    const { failed, warnings } = await slotsOf(database, 1_000_000)
    expect(failed).toEqual([])
    expect(warnings.join()).toMatch(
      /^replication slot behind: It is \d+ [kM]B behind \(reserved, nobody reads it\): .*fill the disk\. .*pg_drop_replication_slot\('behind'\)/,
    )
  })

  test('that is lost stops a deploy', async () => {
    const server = await referenceServer({ settings: { max_slot_wal_keep_size: '1MB' } })
    onTestFinished(() => server.stop())
    const database = await server.open({
      holds: 'platform',
      prepare: `select pg_create_physical_replication_slot('lost', true); ${SEGMENTS} checkpoint;`,
    })
    const { failed } = await slotsOf(database)
    expect(failed).toEqual([
      expect.stringMatching(/^target\/replication-slots: replication slot lost: .*\(lost, nobody reads it\)/),
    ])
  })
})

describe('transaction ids', () => {
  const aged = (age: number) => `create table public.aged (id int);
    update pg_catalog.pg_class set relfrozenxid = ((txid_current() - ${age} + 4294967296) % 4294967296)::text::xid
    where oid = 'public.aged'::regclass`

  test.for([
    [600_000_000, 'warning'],
    [1_600_000_000, 'failed'],
    [400_000_000, 'nothing'],
  ] as const)('%d transactions old: %s', async ([age, what]) => {
    const { url } = await ownDatabase({ holds: 'platform', prepare: aged(age) })
    const { failed, warnings, words } = await projectOf(SHOP).target(url)
    const told = [...warnings.filter((text) => text.includes('autovacuum')), words].join('\n')
    expect(failed).toEqual(what === 'failed' ? ['target/wraparound: public.aged'] : [])
    if (what === 'nothing') expect(told).not.toContain('transactions old')
    else
      expect(told).toMatch(
        new RegExp(
          `Its oldest row is ${String(age).slice(0, 3)}\\d+ transactions old; at 2,100,000,000 .*\`vacuum \\(freeze\\)\``,
        ),
      )
  })
})

test('a standby is told to be one, and all else of it is read', async () => {
  const folder = mkdtempSync('/var/tmp/standby-spec-')
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const keepIn = join(folder, 'kept')
  const options = { holds: 'platform', name: 'shop' } as const
  const primary = await referenceServer({ keepIn })
  const project = projectOf(SHOP)
  const fresh = await primary.open(options)
  expect((await project.target(fresh.url)).failed).toEqual([])
  await primary.stop()
  writeFileSync(join(keepIn, 'data/standby.signal'), '')
  chmodSync(join(keepIn, 'data/standby.signal'), 0o666)
  const standby = await referenceServer({ keepIn })
  onTestFinished(() => standby.stop())
  const { url } = await standby.open(options)
  const { failed, unchecked, words } = await project.target(url)
  expect({ failed, unchecked }).toEqual({ failed: ['target/server: server'], unchecked: [] })
  expect(words).toMatch(/It is a standby and takes no writes\. Name the primary\./)
})
