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

  test('names of prices have 1000 bytes at most, so that keys hold them', async ({ as, session }) => {
    const names = kind === 'llm' ? ['provider', 'model'] : ['tier', 'region']
    // What cannot be compressed is what a key does not hold.
    const [long] = await session.query(
      `select string_agg(md5(g::text), '') as name from generate_series(1, 300) as g`,
    )
    const text = long?.['name'] ?? ''
    for (const name of names) {
      await as(service)(single(kind, { ...report, [name]: text.slice(0, 1000) })).livesOk()
      for (const length of [1001, 9000]) {
        const one = { ...report, [name]: text.slice(0, length) }
        const message = `${names.join(' and ')} must have 1000 bytes at most.`
        await as(service)(single(kind, one)).throwsOk('22023', { message })
        await as(service)(batch(kind, report, one, report)).throwsOk('22023', {
          message: `Record 2 of 3: ${message}`,
        })
      }
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
    for (const value of ['Infinity', '-0.0000001'])
      await as(service)(
        `select copilot_internal.revise_e2b_usage('${A}', 'r', 1, cpu_core_seconds => '${value}')`,
      ).throwsOk('22023', { message: 'Usage must be a finite number, 0 or more.' })
  })
})

describe('what a sandbox run cannot have is told alike', () => {
  const METRICS = ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb']
  const message = 'Usage must be a finite number, 0 or more.'
  const got = (metric: string, value: string, others: readonly (string | number)[]) =>
    `Got ${METRICS.map((name, i) => `${name} ${name === metric ? value : others[i]}`).join(', ')}.`

  test('by a single call and in a batch', async ({ as }) => {
    for (const metric of METRICS)
      for (const value of ['Infinity', '-Infinity', 'NaN', '-1', '-0.0000001']) {
        const bad = { ...E2B, [metric]: value }
        const told = {
          detail: got(metric, value, [300, 1, 2, 3]),
          hint: 'Pass what was measured; leave out what was not.',
        }
        await as(service)(single('e2b', bad)).throwsOk('22023', { message, ...told })
        await as(service)(batch('e2b', E2B, bad, E2B)).throwsOk('22023', {
          message: `Record 2 of 3: ${message}`,
          ...told,
        })
      }
    await as(owner)(`select id from copilot_internal.e2b_cost_records`).isEmpty()
  })

  test('what is left out counts as none', async ({ as }) => {
    const bad = { tenant_id: A, tier: 'standard', region: 'us-east-1', execution_time_seconds: '-0.0000001' }
    const told = { detail: got('execution_time_seconds', '-0.0000001', [0, 0, 0, 0]) }
    await as(service)(single('e2b', bad)).throwsOk('22023', { message, ...told })
    await as(service)(batch('e2b', bad)).throwsOk('22023', { message: `Record 1 of 1: ${message}`, ...told })
  })

  test('with other faults beside it', async ({ as }) => {
    for (const [more, code] of [
      [{ status: 'done' }, '22023'],
      [{ tier: null }, '22023'],
      [{ reservation_id: 'none' }, '22P02'],
      [{ disk_io_gb: 'much' }, '22P02'],
      [{ disk_io_gb: 1e30 }, '22023'],
    ] as const) {
      const bad = { ...E2B, cpu_core_seconds: 'Infinity', ...more }
      await as(service)(single('e2b', bad)).throwsOk(code)
      await as(service)(batch('e2b', E2B, bad)).throwsOk(code, { message: /^Record 2 of 2: / })
    }
  })

  test('more than a column holds, by each metric', async ({ as }) => {
    for (const metric of METRICS) {
      const bad = { ...E2B, [metric]: 1e40 }
      await as(service)(single('e2b', bad)).throwsOk('22003')
      await as(service)(batch('e2b', E2B, bad)).throwsOk('22003', { message: /^Record 2 of 2: / })
    }
  })

  test('the first of a batch, whatever is wrong with it', async ({ as }) => {
    const little = { ...E2B, disk_io_gb: '-0.0000001' }
    const much = { ...E2B, cpu_core_seconds: 'Infinity' }
    for (const [first, second] of [
      [little, much],
      [much, little],
    ] as const)
      await as(service)(batch('e2b', E2B, first, second)).throwsOk('22023', {
        message: `Record 2 of 3: ${message}`,
      })
    // Nothing is wrong with one that has used nothing, and says no more.
    const least = { tenant_id: A, tier: 'standard', region: 'us-east-1', execution_time_seconds: 0 }
    await as(service)(batch('e2b', least, much)).throwsOk('22023', { message: `Record 2 of 2: ${message}` })
  })

  test('and when it is revised', async ({ as, session }) => {
    await session.query(single('e2b', { ...E2B, request_id: 'r' }))
    for (const metric of METRICS)
      for (const value of ['Infinity', '-Infinity', 'NaN', '-1', '-0.0000001'])
        await as(service)(
          `select copilot_internal.revise_e2b_usage('${A}', 'r', ${metric} => '${value}')`,
        ).throwsOk('22023', {
          message,
          detail: got(metric, value, ['300.000000', '1.000000', '2.000000', '3.000000']),
          hint: 'Pass what was measured; leave out what stays.',
        })
    await as(owner)`select id from copilot_internal.usage_changes`.isEmpty()
  })
})

test('an LLM call has whole tokens, alone, in a batch and revised', async ({ as, session }) => {
  await session.query(single('llm', { ...LLM, request_id: 'r' }))
  for (const tokens of ['input_tokens', 'output_tokens', 'cached_input_tokens'])
    for (const value of ['Infinity', 'NaN', '-0.0000001']) {
      const bad = { ...LLM, [tokens]: value }
      await as(service)(single('llm', bad)).throwsOk('22P02')
      await as(service)(batch('llm', LLM, bad)).throwsOk('22P02', { message: /^Record 2 of 2: / })
      await as(service)(
        `select copilot_internal.revise_llm_usage('${A}', 'r', ${tokens} => '${value}')`,
      ).throwsOk('22P02')
    }
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
