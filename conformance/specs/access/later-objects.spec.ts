/**
 * What is created in the schema after the migrations is closed to API roles, under both default-privilege regimes of
 * Supabase.
 */
import type { Regime } from '../../engines/index.ts'
import { describe, needs, type Tap, test } from '../../harness/index.ts'
import type { TablePrivilege } from '../../pgtap/index.ts'

const REGIMES: readonly Regime[] = ['open', 'closed']

/** What the API roles may do with a later table of schema public. */
const NOT_TAKEN_BACK: readonly TablePrivilege[] = ['TRUNCATE', 'REFERENCES', 'TRIGGER']
const IN_PUBLIC: Readonly<Record<Regime, readonly TablePrivilege[]>> = {
  open: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', ...NOT_TAKEN_BACK],
  closed: NOT_TAKEN_BACK,
}
const ROLES = ['public', 'anon', 'authenticated', 'service_role']

const later = (schema: string) => `
  create table ${schema}.later_table (id int);
  create view ${schema}.later_view as select 1 as one;
  create sequence ${schema}.later_numbers;
  create function ${schema}.later_function() returns int language sql as 'select 1';`

async function isClosed(tap: Tap): Promise<void> {
  for (const role of ROLES) {
    await tap.tablePrivsAre('copilot_internal.later_table', role, [])
    await tap.tablePrivsAre('copilot_internal.later_view', role, [])
    await tap.sequencePrivsAre('copilot_internal.later_numbers', role, [])
    await tap.functionPrivsAre('copilot_internal.later_function', [], role, [])
  }
}

test('a later table, view, sequence or function is closed', async ({ session, tap }) => {
  await session.run(later('copilot_internal'))
  await isClosed(tap)
})

describe.each(REGIMES)('on a project with the %s regime', (regime) => {
  needs('own-database')(
    'a later table, view, sequence or function is closed',
    async ({ ownDatabase, on }) => {
      const session = await (await ownDatabase({ regime })).connect()
      const { tap } = on(session)
      await session.run(later('copilot_internal') + later('public'))
      await isClosed(tap)
      // The regime is real: what is created in schema public may be read and written under the open one alone.
      await tap.tablePrivsAre('public.later_table', 'anon', IN_PUBLIC[regime])
      await session.close()
    },
  )
})
