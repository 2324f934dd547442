/** Counts what an agent's LLM calls cost: asks the tenant's quotas before each, and records what it used. */
import type { Client } from 'pg'

/** One call, and who makes it. The estimate is the most that it may cost, in USD. */
export interface Call {
  readonly tenant: string
  readonly user: string
  readonly requestId: string
  readonly provider: string
  readonly model: string
  readonly estimateUsd: string
}

/** What the provider says that a call has used. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
}

/** A quota has too little left for the estimate. */
export class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded'
}

/**
 * Makes a call and answers what it cost, in USD, as exact text. Sent again with the same `requestId`, it is paid once. Throws
 * {@link QuotaExceeded} before the call is made; what the call itself throws gives the reservation back.
 */
export async function metered(client: Client, call: Call, make: () => Promise<Usage>): Promise<string> {
  const { rows } = await client.query(
    'select reservation_id, granted, left_usd from copilot_internal.reserve_quota($1, $2, $3, $4, $5)',
    [call.tenant, 'llm', call.estimateUsd, call.user, call.requestId],
  )
  const [hold] = rows
  if (!hold.granted) throw new QuotaExceeded(`${hold.left_usd} USD are left, ${call.estimateUsd} are needed.`)

  let usage: Usage
  try {
    usage = await make()
  } catch (error) {
    await client.query('select copilot_internal.release_reservation($1, $2)', [
      call.tenant,
      hold.reservation_id,
    ])
    throw error
  }
  const recorded = await client.query(
    `select total_cost_usd from copilot_internal.record_llm_usage(
       $1, $2, $3, $4, $5, request_id => $6, user_id => $7, cached_input_tokens => $8, reservation_id => $9)`,
    [
      call.tenant,
      call.provider,
      call.model,
      usage.inputTokens,
      usage.outputTokens,
      call.requestId,
      call.user,
      usage.cachedInputTokens ?? 0,
      hold.reservation_id,
    ],
  )
  return recorded.rows[0].total_cost_usd
}
