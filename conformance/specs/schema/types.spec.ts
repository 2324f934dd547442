/**
 * Columns of one meaning have one type, in every table.
 *
 * Method: columns are found by their names, so that one added later is held to it. What no column may be is the rules'
 * (specs/rules).
 */
import { owner } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const SUMS = '_(totals|rollups)$'

/** What sums of it have room for, where they are kept, is last: 2^63 of the largest. */
const meanings: readonly (readonly [claim: string, names: string, type: string, sum?: string])[] = [
  ['money is exact to 18 decimals', '_usd$', 'numeric(38,18)', 'numeric(57,18)'],
  ['a price is exact to 12 decimals', '(^|_)price_per_', 'numeric(20,12)'],
  ['tokens are counted in 64 bits', '_tokens$', 'bigint', 'numeric(38,0)'],
  [
    'metered quantities are exact to 6 decimals',
    '^(execution_time_seconds|cpu_core_seconds|memory_gb_seconds|disk_io_gb)$',
    'numeric(20,6)',
    'numeric(39,6)',
  ],
  ['a moment knows its time zone', '(_at|_date|_start|_end|_anchor)$', 'timestamp with time zone'],
  ['an id of the platform is a UUID', '^(id|tenant_id|user_id|scope_id|quota_id|pricing_id)$', 'uuid'],
  ['a flag is a boolean', '^is_', 'boolean'],
  ['metadata is jsonb', '^metadata$', 'jsonb'],
]

test.for(meanings)('%s', async ([, names, type, sum = type], { as }) => {
  const columns = `
    select c.relname as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
           case when c.relname ~ '${SUMS}' then '${sum}' else '${type}' end as wanted
    from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and a.attname ~ '${names}'`
  await as(owner)(`select * from (${columns}) as those where type <> wanted`).isEmpty()
  await as(owner)(`select count(*) > 0 as some from (${columns}) as those`).resultsEq([{ some: true }])
})
