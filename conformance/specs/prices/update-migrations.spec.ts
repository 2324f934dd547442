/**
 * A migration that is made of a price sheet: what it sets, what it leaves, and what it does when it is run again.
 *
 * Method: one sheet with a cut in another unit, components that come and stay, a new model, a model that does not change and
 * a sandbox. The migration is made against the test's own database, and run in its transaction.
 */
import { acme, service } from '../../../fixtures/people.ts'
import { type Session, SqlError } from '../../engines/index.ts'
import { describe, expect, needs, test } from '../../harness/index.ts'
import { makeUpdate, propose, readKnown, readPrices, type Version } from '../../pricing/index.ts'
import { verifyFull } from '../../verify/index.ts'

const DAY = '2026-01-20'
const NAME = '20260120000001_prices'
const sheet = readPrices('fixtures/pricing/several-changes.json')

async function made(session: Session): Promise<string> {
  const proposal = propose([sheet], await readKnown(session), { today: DAY })
  const { files, open } = makeUpdate({ lists: [sheet], proposal, options: {}, name: NAME, day: DAY })
  expect(open).toEqual([])
  return files?.[`migrations/${NAME}.sql`] ?? ''
}

/** All that the price lists hold, but for the ids. */
async function held(session: Session): Promise<Record<string, Omit<Version, 'id'>[]>> {
  const { versions } = await readKnown(session)
  return Object.fromEntries(
    [...versions].map(([key, all]) => [key, all.map(({ id: _, ...version }) => version)]),
  )
}

/** The SQLSTATE that a script ends with. */
async function refusal(session: Session, script: string): Promise<string | undefined> {
  await session.query('savepoint refusal')
  try {
    await session.run(script)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    await session.query('rollback to savepoint refusal')
    return error.code
  }
  return undefined
}

test.beforeEach(async ({ session }) => session.query('set local role postgres'))

test('a migration sets what the sheet says, components and all', async ({ session }) => {
  await session.run(await made(session))
  const after = await held(session)
  expect(after['openai/o3']?.at(-1)).toMatchObject({
    from: '2026-01-20T00:00:00Z',
    amounts: { input: '1.6', output: '6.4', cached_input: '0.4', 'batch.input': '1', 'batch.output': '4' },
    derived: ['batch.input', 'batch.output'],
    verifiedOn: DAY,
    notes: "It's cheaper: \\ and $$ are signs like others.",
  })
  expect(after['anthropic/claude-opus-5']).toMatchObject([
    {
      from: '2026-01-10T12:00:00Z',
      amounts: { input: '5', cached_input: '0.5', 'batch.input': '2.5' },
      derived: [],
    },
  ])
  expect(after['anthropic/claude-sonnet-4-5-20250929']?.at(-1)).toMatchObject({
    threshold: 200_000,
    amounts: { 'long_context.cache_write_1h': '12' },
  })
  expect(after['e2b/standard@us-east-1']?.at(-1)?.amounts).toEqual({
    price_per_second: '0.00009',
    price_per_cpu_core_second: '0.000014',
    price_per_gb_memory_second: '0.000005',
    price_per_gb_disk_io: '0',
  })
})

test('every former price is kept, and no other price is touched', async ({ session }) => {
  const before = await held(session)
  await session.run(await made(session))
  const after = await held(session)
  for (const [key, versions] of Object.entries(before))
    expect(after[key]?.slice(0, versions.length)).toEqual(versions)
  const grown = Object.keys(after).filter((key) => after[key]?.length !== before[key]?.length)
  expect(grown.sort()).toEqual([
    'anthropic/claude-opus-5',
    'anthropic/claude-sonnet-4-5-20250929',
    'e2b/standard@us-east-1',
    'openai/o3',
  ])
})

needs('thorough-run')('a full verification has no finding after it', async ({ session }) => {
  await session.run(await made(session))
  const { findings, warnings } = await verifyFull(session)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(warnings).toEqual([])
})

describe('run again', () => {
  test('a migration changes nothing, and the sheet has nothing more to say', async ({ session }) => {
    const migration = await made(session)
    await session.run(migration)
    const once = await held(session)
    await session.run(migration)
    expect(await held(session)).toEqual(once)
    expect(await made(session)).toBe('')
  })

  test('a price that somebody has set by hand since keeps its start', async ({ session, as }) => {
    const migration = await made(session)
    await as(service)`select copilot_internal.record_llm_usage(
      ${acme.tenantId}, 'openai', 'o3', 1000, 1000, recorded_at => now() - interval '2 minutes')`.livesOk()
    await as(service)`select copilot_internal.set_model_price('openai', 'o3', 1.6, 6.4)`.livesOk()
    await session.run(migration)
    const versions = (await held(session))['openai/o3'] ?? []
    expect(versions.map(({ amounts }) => amounts['input'])).toEqual(['2', '1.6'])
    expect(versions.at(-1)).toMatchObject({
      amounts: { cached_input: '0.4' },
      derived: ['batch.input', 'batch.output'],
    })
  })

  test('usage that is charged after the start is never rewritten', async ({ session, as }) => {
    const migration = await made(session)
    await as(service)`select copilot_internal.record_llm_usage(
      ${acme.tenantId}, 'openai', 'o3', 1000, 1000, recorded_at => '2026-02-01')`.livesOk()
    expect(await refusal(session, migration)).toBe('QT001')
  })

  test('after the price lists were dropped it refuses in one sentence', async ({ session }) => {
    const migration = await made(session)
    await session.query(
      'drop table copilot_internal.model_pricing, copilot_internal.model_pricing_components cascade',
    )
    expect(await refusal(session, migration)).toBe('QT006')
  })
})
