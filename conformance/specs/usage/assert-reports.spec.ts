/**
 * assert_llm_report, assert_e2b_report, assert_request — what no report can have, asked one by one.
 *
 * Method: a report that is fine, and the same with one thing changed.
 */
import { service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { E2B, LLM } from './reports.ts'

const FINE = {
  llm: { ...LLM, recorded_at: '2026-02-01', is_estimated: false, metadata: {} },
  e2b: { ...E2B, recorded_at: '2026-02-01', status: 'completed', metadata: {} },
} as const
const assert = (kind: 'llm' | 'e2b', change: Readonly<Record<string, unknown>> = {}) =>
  `select copilot_internal.assert_${kind}_report(jsonb_populate_record(
     null::copilot_internal.${kind}_cost_records, '${JSON.stringify({ ...FINE[kind], ...change })}'))`

describe.each(['llm', 'e2b'] as const)('assert_%s_report', (kind) => {
  test('takes what is fine', async ({ as }) => {
    await as(service)(assert(kind)).livesOk()
    await as(service)(assert(kind, { request_id: 'r', conversation_id: 'c' })).livesOk()
  })

  test('refuses what is not there', async ({ as }) => {
    for (const name of Object.keys(FINE[kind]))
      if (!/^(cpu|memory|disk)_/.test(name))
        await as(service)(assert(kind, { [name]: null })).throwsOk('22004', {
          message: /must not be NULL\.$/,
          detail: new RegExp(`[ ,]${name} NULL[,.]`),
        })
  })

  test('refuses metadata that is no object, and what assert_request refuses', async ({ as }) => {
    for (const metadata of [[], 'text', 7])
      await as(service)(assert(kind, { metadata })).throwsOk('22023', {
        message: 'metadata must be a JSON object.',
      })
    for (const change of [{ request_id: ' ' }, { conversation_id: 'x'.repeat(1001) }])
      await as(service)(assert(kind, change)).throwsOk('22023')
    await as(service)(assert(kind, { recorded_at: 'infinity' })).throwsOk('22023')
  })
})

test('assert_llm_report refuses less than no tokens, of each kind', async ({ as }) => {
  for (const name of Object.keys(LLM))
    if (name.endsWith('_tokens'))
      await as(service)(assert('llm', { [name]: -1 })).throwsOk('22023', {
        message: 'Tokens must be 0 or more.',
      })
})

test('assert_llm_report refuses more cached tokens than input tokens', async ({ as }) => {
  await as(service)(assert('llm', { input_tokens: 600 })).livesOk()
  await as(service)(assert('llm', { input_tokens: 599 })).throwsOk('22023', { message: /^Cached and/ })
})

test('assert_e2b_report refuses a metric that is negative or no number', async ({ as }) => {
  for (const name of ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb']) {
    await as(service)(assert('e2b', { [name]: 0 })).livesOk()
    for (const value of ['-0.000001', 'NaN'])
      await as(service)(assert('e2b', { [name]: value })).throwsOk('22023', {
        message: 'Usage must be a finite number, 0 or more.',
      })
  }
})

test('assert_e2b_report takes what was not measured, and no other status', async ({ as }) => {
  await as(service)(
    assert('e2b', { cpu_core_seconds: null, memory_gb_seconds: null, disk_io_gb: null }),
  ).livesOk()
  await as(service)(assert('e2b', { status: 'done' })).throwsOk('23514')
})
