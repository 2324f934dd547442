/** The two cost checks: what the database calculates, against the same sum done here from the price it has in force. */
import Big from 'big.js'
import type { Row, Session } from '../engines/index.ts'
import { e2bCost, llmCost, money } from '../oracle/index.ts'
import { failed, type Judgement, PASSED } from '../report/index.ts'

/** Five minutes of a standard sandbox: 0.030 USD at the seeded price. */
export async function sandboxCostFinding(session: Session): Promise<Judgement> {
  const [price] = await session.query(
    `select price_per_second from copilot_internal.e2b_pricing
     where tier = 'standard' and region = 'us-east-1'
       and effective_date <= now() and (expires_at is null or now() < expires_at)
     order by effective_date desc limit 1`,
  )
  if (!price?.['price_per_second']) return noPrice('standard in us-east-1')
  const rates = { second: price['price_per_second'], cpuCoreSecond: '0', gbMemorySecond: '0', gbDiskIo: '0' }
  const cost = e2bCost(rates, { seconds: '300' })

  const have = await session.query(
    `select * from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 300, null, null, null, now())`,
  )
  return sameCells(have, [money(cost.execution), money(cost.resource), money(cost.total), 'f'])
}

/** 1,000 tokens into gpt-4 and 500 out of it: 0.060 USD at the seeded price. */
export async function tokenCostFinding(session: Session): Promise<Judgement> {
  const [price] = await session.query(
    `select input_price_per_million as input, output_price_per_million as output
     from copilot_internal.model_pricing
     where provider = 'openai' and model = 'gpt-4'
       and effective_date <= now() and (expires_at is null or now() < expires_at)
     order by effective_date desc limit 1`,
  )
  if (!price?.['input'] || !price['output']) return noPrice('openai gpt-4')
  const cost = llmCost({ input: price['input'], output: price['output'] }, { input: '1000', output: '500' })

  const have = await session.query(
    `select * from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000, 500)`,
  )
  return sameCells(have, [money(cost.input), money(cost.output), money(cost.total), 't'])
}

function noPrice(what: string): Judgement {
  return failed({ have: `no price in force for ${what}`, want: 'a price in force' })
}

function sameCells(rows: readonly Row[], cells: readonly string[]): Judgement {
  const have = rows.map((row) => Object.values(row).join('|')).join('\n')
  const [first, ...more] = rows.map((row) => Object.values(row))
  const same =
    first?.length === cells.length &&
    more.length === 0 &&
    first.every((cell, i) => sameValue(cell, cells[i] ?? ''))
  return same ? PASSED : failed({ have: have || 'no row', want: cells.join('|') })
}

/** Zeros at the end make no other amount. */
function sameValue(have: string | null, want: string): boolean {
  const number = /^-?\d+(\.\d+)?$/
  return have === want || (number.test(have ?? '') && number.test(want) && Big(have ?? '').eq(want))
}
