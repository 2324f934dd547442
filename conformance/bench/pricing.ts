/** How long reading and comparing a large list and replaying recorded usage take, and whether the sums are exact. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineNamed } from '../engines/index.ts'
import {
  applied,
  Book,
  diffText,
  drift,
  judge,
  knownOf,
  noticedText,
  propose,
  readKnown,
  readPrices,
  replay,
  usd,
} from '../pricing/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { loadMonth, month, recordOf } from '../usage/index.ts'
import { inReadOnlyTransaction } from '../verify/index.ts'
import type { Say } from './median.ts'
import { withoutTriggers } from './usage-data.ts'

const TODAY = '2026-01-20'

/** Whether a list of 3,000 models and a replay of so many records stay within their bounds, and the replay is exact. */
export async function pricingHolds(records: number, say: Say): Promise<boolean> {
  const list = await timed(say, '3,000 models: read, compared and told', 5, async () => largeList())
  const engine = await engineNamed('embedded-17').start()
  try {
    const database = await engine.open()
    const session = await database.connect()
    await timed(say, `${records} records: made and loaded`, Number.POSITIVE_INFINITY, () =>
      withoutTriggers(session, () => loadMonth(session, records)),
    )
    const known = await readKnown(session)
    const sheet = readPrices('fixtures/pricing/several-changes.json')
    const after = applied(known, propose([sheet], known, { today: TODAY }).changes)
    let total = ''
    const fast = await timed(say, `${records} records: replayed, both ways, with quotas and drift`, 10, () =>
      inReadOnlyTransaction(session, async () => {
        const result = await replay(session, known, after)
        await drift(session)
        total = usd(result.by.total.get('all')?.before ?? 0n)
      }),
    )
    const exact = oneByOne(records, new Book(known))
    say(`Sum ${total}, record by record ${exact}.`)
    return list && fast && total === exact
  } finally {
    await engine.stop()
  }
}

/** Made up, and as large as public lists are. */
function largeList(): void {
  const folder = temporaryFolder('prices-')
  try {
    const entry = (cost: number) => ({
      litellm_provider: 'openai',
      mode: 'chat',
      input_cost_per_token: cost,
      output_cost_per_token: cost * 4,
      cache_read_input_token_cost: cost / 10,
      supports_vision: true,
      max_tokens: 8192,
    })
    const file = (name: string, factor: number) => {
      const models = Array.from({ length: 3_000 }, (_, index) => [
        `model-${index}`,
        entry((index + 1) * 1e-8 * factor),
      ])
      writeFileSync(join(folder, name), JSON.stringify(Object.fromEntries(models)))
      return readPrices(join(folder, name))
    }
    const proposal = propose([file('new.json', 2)], knownOf(file('old.json', 1), `${TODAY}T00:00:00Z`), {
      today: TODAY,
    })
    diffText(proposal, true)
    noticedText(judge(proposal), true)
  } finally {
    removeFolder(folder)
  }
}

/** The same usage, each record priced by itself. */
function oneByOne(records: number, book: Book): string {
  let sum = 0n
  for (const use of month(records))
    sum += BigInt(recordOf(use, book).row['total_cost_usd']?.replace('.', '') ?? 0)
  return usd(sum)
}

async function timed(
  say: Say,
  what: string,
  bound: number,
  work: () => Promise<void> | void,
): Promise<boolean> {
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  say(`${what}: ${seconds.toFixed(2)} s${Number.isFinite(bound) ? ` (bound: ${bound} s)` : ''}.`)
  return seconds < bound
}
