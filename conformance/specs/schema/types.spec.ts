/**
 * Columns of one meaning have one type, in every table.
 *
 * Method: the catalog is asked for the columns that break a rule, so that a column added later is held to it. That each
 * rule meets columns at all is claimed beside it.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const METERED = `(execution_time_seconds|cpu_core_seconds|memory_gb_seconds|disk_io_gb)`

const rules = [
  { what: 'money is exact to 18 decimals', names: '_usd$', type: 'numeric(38,18)' },
  { what: 'a price is exact to 12 decimals', names: '(^|_)price_per_', type: 'numeric(20,12)' },
  { what: 'tokens are counted in 64 bits', names: '_tokens$', type: 'bigint' },
  { what: 'metered quantities are exact to 6 decimals', names: `^${METERED}$`, type: 'numeric(20,6)' },
  {
    what: 'a moment knows its time zone',
    names: '(_at|_date|_start|_end|_anchor)$',
    type: 'timestamp with time zone',
  },
  {
    what: 'an id of the platform is a UUID',
    names: '^(id|tenant_id|user_id|scope_id|quota_id|pricing_id)$',
    type: 'uuid',
  },
  { what: 'a flag is a boolean', names: '^is_', type: 'boolean' },
  { what: 'metadata is jsonb', names: '^metadata$', type: 'jsonb' },
]

const columns = `
  select c.relname || '.' || a.attname as "column", format_type(a.atttypid, a.atttypmod) as type
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p')`

describe('in every table', () => {
  test.for(rules)('$what', async ({ names, type }, { as }) => {
    const meant = `select * from (${columns} and a.attname ~ $1) as meant`
    await as(owner)(`${meant} where type <> $2`, names, type).isEmpty()
    await as(owner)(`select count(*) > 0 as some from (${meant}) as m`, names).resultsEq([{ some: true }])
  })

  test('text has no length, and nothing is a float', async ({ as }) => {
    await as(owner)(`
      select * from (${columns}) as meant
      where type ~ '^(character|name|real|double precision|money|json$|timestamp without|time |numeric$)'`).isEmpty()
  })
})
