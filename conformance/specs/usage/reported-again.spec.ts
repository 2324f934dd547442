/**
 * A request that is reported again: with the same numbers in silence, with others by a warning that holds both.
 *
 * Method: reports that differ in one thing, alone and in a batch.
 */
import { service } from '../../../fixtures/people.ts'
import type { Notice } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { batch, kinds, single } from './reports.ts'

describe.each(kinds)('%s', (kind, report, _unpriced, quantity) => {
  test('a request again, with the same numbers, all different, warns nobody', async ({ as }) => {
    for (const call of [single, batch, single, batch])
      await as(service)(call(kind, { ...report, request_id: 'r' })).raisesNotices([])
  })

  test('the warning of other numbers holds both, in one order', async ({ session }) => {
    const notices: Notice[] = []
    await session.query(single(kind, { ...report, request_id: 'r' }))
    const stop = session.onNotice((notice) => notices.push(notice))
    await session.query(single(kind, { ...report, [quantity]: 700, request_id: 'r' }))
    stop()
    const shown = Object.entries(report)
      .slice(1)
      .map(([, value]) => (value === false ? 'f' : value))
    const scaled = (values: readonly unknown[]) =>
      `(${values.map((value) => (kind === 'e2b' && typeof value === 'number' ? value.toFixed(6) : value)).join(',')})`
    const now = shown.map((value) => (value === report[quantity as keyof typeof report] ? 700 : value))
    expect(notices).toEqual([
      {
        severity: 'WARNING',
        message: 'Request r was recorded before with other numbers; the first record stands.',
        detail: `Recorded: ${scaled(shown)}. Reported now: ${scaled(now)}.`,
        hint: `To replace what was recorded, call copilot_internal.revise_${kind}_usage.`,
      },
    ])
  })
})
