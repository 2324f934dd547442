/**
 * copilot_internal.cost_summary — a range holds its first moment and not its last, whichever way records are read.
 *
 * Method: records at both ends of a range, and a microsecond before each, that cost 1, 10, 100 and 1000.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, kinds } from './rows.ts'

const ranges = [
  ['of whole days', '2026-02-02 00:00:00+00', '2026-02-04 00:00:00+00'],
  ['within days', '2026-02-02 10:00:00+00', '2026-02-04 15:30:00+00'],
  ['within one day', '2026-02-02 10:00:00+00', '2026-02-02 15:30:00+00'],
  ['of no whole day', '2026-02-02 10:00:00+00', '2026-02-03 00:00:00+00'],
] as const

describe.each(kinds)('cost_summary of %s', (kind) => {
  const columns = kind === 'llm' ? 'provider, model' : 'tier, region, execution_time_seconds'
  const values = kind === 'llm' ? `'p', 'm'` : `'t', 'r', 1`
  const records = (since: string, until: string) =>
    [`timestamptz '${since}' - moment`, `'${since}'`, `timestamptz '${until}' - moment`, `'${until}'`]
      .map(
        (at, i) => `
          insert into copilot_internal.${kind}_cost_records (tenant_id, recorded_at, is_adopted, total_cost_usd, ${columns})
          select '${A}', ${at}, true, ${10 ** i}, ${values} from (values (interval '1 microsecond')) as v (moment);`,
      )
      .join('')

  test.for(ranges)(
    'a range %s holds its first moment and not its last',
    async ([, since, until], { as, session }) => {
      await session.run(
        `alter table copilot_internal.${kind}_cost_records disable trigger user; ${records(since, until)}`,
      )
      for (const more of [`'all'`, `'hour'`, `'day', '{user}'`, `'day', time_zone => 'Asia/Tokyo'`])
        await as(owner)(
          `select trim_scale(sum(total_cost_usd)) as usd from copilot_internal.cost_summary('${since}', '${until}', ${more})`,
        ).resultsEq([{ usd: 110 }])
    },
  )
})
