/** An agent that makes three calls within a quota of one cent, and a tenant's bill. Needs DATABASE_URL of `npm run db`. */
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { metered, QuotaExceeded } from './meter.ts'

const tenant = randomUUID()
const user = randomUUID()
const client = new Client({ connectionString: process.env['DATABASE_URL'] })
await client.connect()
await client.query(`select copilot_internal.set_quota('tenant', $1, 'llm', 0.01, 'day')`, [tenant])

for (const number of [1, 2, 3]) {
  const call = {
    tenant,
    user,
    requestId: `example-${number}`,
    provider: 'openai',
    model: 'gpt-5-mini',
    estimateUsd: '0.004',
  }
  try {
    // Where a real application would ask the provider, and read `usage` from its answer.
    const cost = await metered(client, call, async () => ({ inputTokens: 8000, outputTokens: 800 }))
    process.stdout.write(`call ${number}: ${cost} USD\n`)
  } catch (error) {
    if (!(error instanceof QuotaExceeded)) throw error
    process.stdout.write(`call ${number}: refused. ${error.message}\n`)
  }
}

const { rows } = await client.query(
  'select llm_request_count, total_cost_usd from copilot_internal.combined_cost_summary_by_tenant where tenant_id = $1',
  [tenant],
)
process.stdout.write(`bill: ${rows[0].total_cost_usd} USD for ${rows[0].llm_request_count} calls\n`)
await client.end()
