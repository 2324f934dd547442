/** Usage is charged at the moment in which its transaction began, however long that has gone on. */
import { service } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'
import { A } from './rows.ts'

const llm = `'tenant_id', '${A}', 'provider', 'openai', 'model', 'gpt-4', 'input_tokens', 1, 'output_tokens', 1`
const e2b = `'tenant_id', '${A}', 'tier', 'gpu', 'region', 'us-east-1', 'execution_time_seconds', 1`

test.for([
  `record_llm_usage('${A}', 'openai', 'gpt-4', 1, 1)`,
  `record_e2b_usage('${A}', 'gpu', 'us-east-1', 1)`,
  `record_llm_usage_batch(jsonb_build_array(jsonb_build_object(${llm})))`,
  `record_e2b_usage_batch(jsonb_build_array(jsonb_build_object(${e2b})))`,
])('%s', async (call, { as, session }) => {
  await session.query('select pg_sleep(0.002)')
  await as(service)(
    `select charged_at = now() as at_now, recorded_at = now() as used_now from copilot_internal.${call}`,
  ).resultsEq([{ at_now: true, used_now: true }])
})
