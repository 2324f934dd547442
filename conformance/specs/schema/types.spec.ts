/**
 * Columns of one meaning have one type, in every table.
 *
 * Method: columns are found by their names, so that one added later is held to it. What no column may be is the rules'
 * (specs/rules).
 */
import { test } from '../../harness/index.ts'

const meanings = [
  { what: 'money is exact to 18 decimals', names: /_usd$/, type: 'numeric(38,18)' },
  { what: 'a price is exact to 12 decimals', names: /(^|_)price_per_/, type: 'numeric(20,12)' },
  { what: 'tokens are counted in 64 bits', names: /_tokens$/, type: 'bigint' },
  {
    what: 'metered quantities are exact to 6 decimals',
    names: /^(execution_time_seconds|cpu_core_seconds|memory_gb_seconds|disk_io_gb)$/,
    type: 'numeric(20,6)',
  },
  { what: 'a moment knows its time zone', names: /(_at|_date|_start|_end|_anchor)$/, type: 'timestamptz' },
  {
    what: 'an id of the platform is a UUID',
    names: /^(id|tenant_id|user_id|scope_id|quota_id|pricing_id)$/,
    type: 'uuid',
  },
  { what: 'a flag is a boolean', names: /^is_/, type: 'boolean' },
  { what: 'metadata is jsonb', names: /^metadata$/, type: 'jsonb' },
]

test.for(meanings)('$what', async ({ names, type }, { tap }) => {
  await tap.columnsAreType('copilot_internal', names, type)
})
