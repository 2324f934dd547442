/**
 * Every SQL block of the documents runs as it stands, in the order of its page, for the role that the page says.
 */
import { readFileSync } from 'node:fs'
import { acme } from '../../../fixtures/people.ts'
import { expect, test } from '../../harness/index.ts'

const page = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

/** A page's blocks, with somebody for whoever is meant. */
function blocksOf(name: string): string[] {
  return [...page(name).matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = '']) =>
    sql
      .replaceAll('<tenant>', acme.tenantId)
      .replaceAll('<user>', acme.userId)
      .replaceAll(
        `'<reservation>'`,
        `(select id from copilot_internal.quota_reservations where closed_at is null order by expires_at limit 1)`,
      ),
  )
}

test.for(['README.md', 'docs/sql.md'])('the SQL of %s runs', async (name, { session }) => {
  const blocks = blocksOf(name)
  expect(blocks.length).toBeGreaterThan(1)
  for (const sql of blocks) await session.run(sql)
  const [{ count } = { count: null }] = await session.query(
    'select count(*) as count from copilot_internal.llm_cost_records',
  )
  expect(Number(count)).toBeGreaterThan(0)
})
