/** Days that were added up: each sum is what its records come to, unless somebody has changed one since. */
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 5

const KINDS = {
  llm: [
    'request_count',
    ['input_tokens', 'output_tokens', 'input_cost_usd', 'output_cost_usd', 'total_cost_usd'],
    ['provider', 'model', 'task'],
  ],
  e2b: [
    'run_count',
    ['execution_time_seconds', 'execution_cost_usd', 'resource_cost_usd', 'total_cost_usd'],
    ['tier'],
  ],
} as const

/** A rollup is what the records of its day, tenant and dimensions come to; a day with records has one. */
export const rollups: readonly Check[] = (['llm', 'e2b'] as const).map((kind) => {
  const [count, sums, by] = KINDS[kind]
  const named = by.map((column) => `quote_nullable(${column})`).join(', ')
  return {
    id: `full/usage/rollups-of-${kind}`,
    title: `Every day of ${kind}_usage_rollups is the sum of its records`,
    group: 'usage',
    since: versionNamed('usage_rollups'),
    reads: [`${kind}_usage_rollups`, `${kind}_cost_records`, 'usage_rollup_state', 'usage_changed_days'],
    async ask(session) {
      const cells = [count, ...sums]
        .map((column) => `'${column} ' || trim_scale(${column}::numeric)`)
        .join(', ')
      const rows = await session.query(
        `with kept as (
                select tenant_id, day, concat_ws(' ', ${named}) as name, concat_ws(', ', ${cells}) as sums
                from copilot_internal.${kind}_usage_rollups
              ), there as (
                select tenant_id, day, concat_ws(' ', ${named}) as name, concat_ws(', ', ${cells}) as sums
                from (
                  select tenant_id, (recorded_at at time zone 'UTC')::date as day, ${by.join(', ')}, count(*) as ${count},
                         ${sums.map((column) => `sum(${column}) as ${column}`).join(', ')}
                  from copilot_internal.${kind}_cost_records
                  where recorded_at < (
                    select s.covered_before::timestamp at time zone 'UTC' from copilot_internal.usage_rollup_state as s
                    where s.resource_type = '${kind}')
                  group by 1, 2, ${by.join(', ')}
                ) as days
              )
         select concat_ws(' ', tenant_id, day, name) as rollup, k.sums as have, t.sums as want
         from kept as k
         full join there as t using (tenant_id, day, name)
         where k.sums is distinct from t.sums and not exists (
           select 1 from copilot_internal.usage_changed_days as c
           where c.resource_type = '${kind}' and c.tenant_id = coalesce(k.tenant_id, t.tenant_id) and c.day = coalesce(k.day, t.day))
         order by 1 limit ${TOLD}`,
      )
      return {
        broken: rows.map(({ rollup, have, want }) => ({
          objects: [`rollup ${rollup}`],
          have: have ?? 'no such row',
          want: want ?? 'no such row',
          hint: 'Note the day in copilot_internal.usage_changed_days: the views read its records at once, and fold_usage adds it up anew.',
        })),
      }
    },
  }
})
