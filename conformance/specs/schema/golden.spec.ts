/**
 * supabase/schema.sql: the golden text of what the migrations add up to.
 */
import { readFileSync } from 'node:fs'
import { schemaText } from '../../catalog/index.ts'
import { expect, needs, test } from '../../harness/index.ts'

const golden = readFileSync(new URL('../../../supabase/schema.sql', import.meta.url), 'utf8')

needs('golden-text')('schema.sql is what the migrations add up to', async ({ session }) => {
  expect(
    await schemaText(session),
    'supabase/schema.sql is stale: run `npm run schema` and review its diff',
  ).toBe(golden)
})

test('what later objects of the schema alone are open to is part of the text', async ({ session }) => {
  await session.run('alter default privileges in schema copilot_internal grant select on tables to anon')
  expect(await schemaText(session)).toContain('in schema copilot_internal grant select on tables to anon;\n')
})
