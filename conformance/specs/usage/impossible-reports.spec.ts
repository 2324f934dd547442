/**
 * Reports at their edges: what no report can have is refused, alone and in a batch; what is just possible is taken.
 *
 * Method: reports that differ in one thing.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, batch, E2B, kinds, LLM, single } from './reports.ts'

describe.each(kinds)('%s', (kind, report) => {
  const bad = {
    llm: [
      ...[
        'tenant_id',
        'provider',
        'model',
        'input_tokens',
        'output_tokens',
        'recorded_at',
        'is_estimated',
        'metadata',
      ].map((name) => [name, null, '22004']),
      ...['cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'].map((name) => [
        name,
        null,
        '22004',
      ]),
      ...[
        'input_tokens',
        'output_tokens',
        'cached_input_tokens',
        'cache_write_5m_tokens',
        'cache_write_1h_tokens',
      ].map((name) => [name, -1, '22023']),
      ...['cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens'].map((name) => [
        name,
        1000,
        '22023',
      ]),
    ],
    e2b: [
      ...['tenant_id', 'tier', 'region', 'execution_time_seconds', 'status', 'recorded_at', 'metadata'].map(
        (name) => [name, null, '22004'],
      ),
      ...['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'].map((name) => [
        name,
        -1,
        '22023',
      ]),
      ...['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'].map((name) => [
        name,
        'NaN',
        '22023',
      ]),
      ['status', 'done', '23514'],
    ],
  }[kind] as unknown as (readonly [string, unknown, string])[]
  const both = [
    ['metadata', '[]', '22023'],
    ['metadata', '"text"', '22023'],
    ['request_id', '', '22023'],
    ['recorded_at', 'infinity', '22023'],
  ] as const
  test('what no report can have is refused, in a batch by its position', async ({ as }) => {
    for (const [name, value, code] of [...bad, ...both]) {
      const one = { ...report, [name]: value }
      await as(service)(single(kind, one)).throwsOk(code)
      const inBatch =
        name === 'metadata' && value !== null ? { ...report, metadata: JSON.parse(String(value)) } : one
      await as(service)(batch(kind, report, inBatch, report)).throwsOk(code, { message: /^Record 2 of 3: / })
    }
    await as(owner)(`select id from copilot_internal.${kind}_cost_records`).isEmpty()
  })

  test('names have 1000 bytes at most, and 1000 are taken', async ({ as }) => {
    for (const name of ['request_id', 'conversation_id']) {
      await as(service)(single(kind, { ...report, [name]: 'x'.repeat(1000) })).livesOk()
      await as(service)(single(kind, { ...report, [name]: 'x'.repeat(1001) })).throwsOk('22023', {
        message: 'request_id and conversation_id must have 1000 bytes at most.',
      })
    }
  })
})

describe('a sandbox run', () => {
  test('may be running, paused, completed, failed, timed out or killed', async ({ as, session }) => {
    for (const status of ['running', 'paused', 'completed', 'failed', 'timed_out', 'killed']) {
      await session.query('savepoint one')

      await as(service)(`select status from (${single('e2b', { ...E2B, status })}) as r`).resultsEq([
        { status },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('of no time and no metrics is one', async ({ as }) => {
    const nothing = { execution_time_seconds: 0, cpu_core_seconds: 0, memory_gb_seconds: 0, disk_io_gb: 0 }
    await as(service)(single('e2b', { ...E2B, ...nothing })).livesOk()
  })

  test('has no metric that is negative, be it less than what is kept', async ({ as }) => {
    for (const metric of ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb']) {
      await as(service)(single('e2b', { ...E2B, [metric]: '-0.0000001' })).throwsOk('22023', {
        message: 'Usage must be a finite number, 0 or more.',
      })
      await as(service)(single('e2b', { ...E2B, [metric]: 'Infinity' })).throwsOk('22023', {
        message: 'Usage must be a finite number, 0 or more.',
      })
    }
  })

  test('that is revised may have no metric that is infinite or no number', async ({ as, session }) => {
    await session.query(single('e2b', { ...E2B, request_id: 'r' }))
    for (const metric of ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'])
      for (const value of ['Infinity', 'NaN', '-1'])
        await as(service)(
          `select copilot_internal.revise_e2b_usage('${A}', 'r', ${metric} => '${value}')`,
        ).throwsOk('22023', {
          message: 'Usage must be a finite number, 0 or more.',
        })
    await as(service)(
      `select copilot_internal.revise_e2b_usage('${A}', 'r', 1, cpu_core_seconds => 'Infinity')`,
    ).throwsOk('22023', { message: 'Usage must be a finite number, 0 or more.' })
  })
})

test('an LLM call may be all cache', async ({ as }) => {
  await as(service)(single('llm', { ...LLM, input_tokens: 600 })).livesOk()
  await as(service)(single('llm', { ...LLM, input_tokens: 599 })).throwsOk('22023')
  await as(service)(
    single('llm', {
      ...LLM,
      input_tokens: 0,
      output_tokens: 0,
      cached_input_tokens: 0,
      cache_write_5m_tokens: 0,
      cache_write_1h_tokens: 0,
    }),
  ).livesOk()
})
