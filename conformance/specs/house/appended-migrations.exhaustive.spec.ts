/**
 * One more statement that widens access, or changes a price, a default, what a function does or what a view shows, turns
 * specs red, also where the golden files are made anew along with it.
 *
 * Method: `npm run mutate`, whose faults are such statements and whose claims leave the golden files out. A few of each.
 */
import { z } from 'zod'
import { expect, test, verb } from '../../harness/index.ts'

const Printed = z.object({
  mutation: z.object({
    noticed: z.number(),
    total: z.number(),
    survivors: z.array(z.object({ mutant: z.string(), change: z.string() })),
  }),
})

const ONE_OF_EACH = [
  ...['policy dropped', 'policy opened', 'policy roles', 'row level security', 'grant added', 'view option'],
  ...['price', 'default', 'cost_summary_by_tenant', 'cost_summary_by_model', 'cost_summary_by_task'],
  ...[
    'e2b_cost_summary_by_tier',
    'combined_cost_summary_by_tenant',
    'calculate_llm_cost',
    'calculate_e2b_cost',
  ],
]

test('each of sixty and more is noticed', { timeout: 1_800_000 }, async () => {
  const only = ONE_OF_EACH.flatMap((one) => ['--only', one])
  const { stdout, stderr } = await verb('mutate', ['--sample', '8%', '--seed', 'appended', ...only, '--json'])
  expect(stdout, stderr).toMatch(/^\{/)
  const { noticed, total, survivors } = Printed.parse(JSON.parse(stdout)).mutation
  expect(survivors).toEqual([])
  expect(total).toBeGreaterThanOrEqual(60)
  expect(noticed).toBe(total)
})
