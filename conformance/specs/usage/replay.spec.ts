/**
 * Recorded usage under other prices, and the bundled month that it is tried on.
 *
 * Method: the bundled month is loaded, and a sheet with a cut, components, a new model and a sandbox is taken as the new
 * prices. The sums are compared with the oracle's costs of every record by itself.
 */
import { readFileSync } from 'node:fs'
import Big from 'big.js'
import type { Session } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'
import { detailedCost, e2bCost } from '../../oracle/index.ts'
import {
  applied,
  Book,
  BUNDLED,
  cardOf,
  drift,
  loadMonth,
  month,
  monthCsv,
  propose,
  readKnown,
  readPrices,
  replay,
  usd,
} from '../../pricing/index.ts'
import { verifyFull } from '../../verify/index.ts'

const sheet = readPrices('fixtures/pricing/several-changes.json')

/** What each record costs by itself, added up by tenant: the oracle's answer. */
function byTenant(book: Book): Map<string, Big> {
  const sums = new Map<string, Big>()
  for (const use of month(BUNDLED)) {
    const at = Date.parse(use.at)
    const add = (cost: Big) => sums.set(use.tenant, (sums.get(use.tenant) ?? new Big(0)).plus(cost))
    if (use.kind === 'llm') {
      const version = book.versionOf(use.provider, use.model, at)
      if (!version) continue
      const [input, output, cached, write5m, write1h] = [
        use.input,
        use.output,
        use.cached,
        use.write5m,
        use.write1h,
      ].map(BigInt)
      if (
        input === undefined ||
        output === undefined ||
        cached === undefined ||
        write5m === undefined ||
        write1h === undefined
      )
        continue
      add(detailedCost(cardOf(version), { input, output, cached, write5m, write1h, batch: use.batch }).total)
    } else {
      const version = book.at(`e2b/${use.tier}@${use.region}`, at) ?? book.at(`e2b/${use.tier}@us-east-1`, at)
      const rate = (field: string) => version?.amounts[field] ?? '0'
      add(
        e2bCost(
          {
            second: rate('price_per_second'),
            cpuCoreSecond: rate('price_per_cpu_core_second'),
            gbMemorySecond: rate('price_per_gb_memory_second'),
            gbDiskIo: rate('price_per_gb_disk_io'),
          },
          { seconds: use.seconds, cpuCoreSeconds: use.core, gbMemorySeconds: use.memory, gbDiskIo: use.disk },
        ).total,
      )
    }
  }
  return sums
}

async function replayed(session: Session) {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  const known = await readKnown(session)
  const after = applied(known, propose([sheet], known, { today: '2026-01-20' }).changes)
  return { known, after, result: await replay(session, known, after) }
}

test('the bundled month is what the generator makes', () => {
  expect([...monthCsv(BUNDLED)].join('')).toBe(readFileSync('fixtures/usage-2026-01.csv', 'utf8'))
})

test('a month that is loaded holds in every check, and nothing of it drifts', async ({ session }) => {
  await session.query('set local role postgres')
  await loadMonth(session, BUNDLED)
  const { findings } = await verifyFull(session)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(await drift(session)).toEqual({ records: 0, examples: [] })
})

test('the sums are the oracle’s to the last digit, in each way of asking', async ({ session }) => {
  const { known, after, result } = await replayed(session)
  const inWords = (sums: ReadonlyMap<string, Big>) =>
    Object.fromEntries([...sums].map(([id, sum]) => [id, sum.toFixed()]))
  const of = (way: 'before' | 'after' | 'stored') =>
    Object.fromEntries([...result.by.tenant].map(([id, costs]) => [id, usd(costs[way])]))
  const now = inWords(byTenant(new Book(known)))
  expect(of('before')).toEqual(now)
  expect(of('stored')).toEqual(now)
  expect(of('after')).toEqual(inWords(byTenant(new Book(after))))
  expect(of('after')).not.toEqual(now)
})

test('every dimension adds up to the same total', async ({ session }) => {
  const { result } = await replayed(session)
  const total = result.by.total.get('all')
  for (const sums of Object.values(result.by))
    for (const way of ['stored', 'before', 'after', 'always'] as const)
      expect([...sums.values()].reduce((sum, costs) => sum + costs[way], 0n)).toBe(total?.[way])
  expect(total?.records).toBe(BUNDLED)
})

test('as if it had always been so differs from the effective date on', async ({ session }) => {
  const { result } = await replayed(session)
  const o3 = result.by.model.get('openai/o3')
  expect(o3?.after).toBeLessThan(o3?.before ?? 0n)
  expect(o3?.always).toBeLessThan(o3?.after ?? 0n)
  // A cut of a fifth in every price that no list derives.
  expect(result.by.model.get('openai/gpt-4.1')?.always).toBe(result.by.model.get('openai/gpt-4.1')?.before)
})

test('what stays without a price is counted, and what gets one, too', async ({ session }) => {
  const { result } = await replayed(session)
  const models = [...result.unpriced.keys()].filter((name) => !name.startsWith('e2b/')).sort()
  expect(models).toEqual([
    'anthropic/claude-opus-5',
    'mistral/mistral-large-latest',
    'openai/azure/gpt-5.2',
    'openai/gpt-5-mini-2026-01-15',
  ])
  const opus = result.unpriced.get('anthropic/claude-opus-5')
  expect(opus?.unpricedAfter).toBeLessThan(opus?.unpricedBefore ?? 0)
})
