/**
 * Columns of one meaning have one type, in every table.
 *
 * Method: columns are found by their names, so that one added later is held to it. What no column may be is the rules'
 * (specs/rules).
 */
import { test } from '../../harness/index.ts'

const meanings: readonly (readonly [claim: string, names: RegExp, type: string])[] = [
  ['money is exact to 18 decimals', /_usd$/, 'numeric(38,18)'],
  ['a price is exact to 12 decimals', /(^|_)price_per_/, 'numeric(20,12)'],
  ['tokens are counted in 64 bits', /_tokens$/, 'bigint'],
  [
    'metered quantities are exact to 6 decimals',
    /^(execution_time_seconds|cpu_core_seconds|memory_gb_seconds|disk_io_gb)$/,
    'numeric(20,6)',
  ],
  ['a moment knows its time zone', /(_at|_date|_start|_end|_anchor)$/, 'timestamptz'],
  ['an id of the platform is a UUID', /^(id|tenant_id|user_id|scope_id|quota_id|pricing_id)$/, 'uuid'],
  ['a flag is a boolean', /^is_/, 'boolean'],
  ['metadata is jsonb', /^metadata$/, 'jsonb'],
]

test.for(meanings)('%s', async ([, names, type], { tap }) => {
  await tap.columnsAreType('copilot_internal', names, type)
})
