/**
 * One more statement that widens access, or changes a default, turns specs red, also where the golden files are made anew along with
 * it.
 *
 * Method: `npm run mutate`, whose faults are such statements and whose claims leave the golden files out. A few of each kind.
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

const KINDS = [
  ...['policy dropped', 'policy opened', 'policy roles', 'row level security', 'grant added', 'view option'],
  ...['function rights', 'default'],
]

test('each of sixty and more is noticed', { timeout: 1_800_000 }, async () => {
  const only = KINDS.flatMap((one) => ['--only', one])
  const { stdout, stderr } = await verb('mutate', ['--sample', '8%', '--seed', 'appended', ...only, '--json'])
  expect(stdout, stderr).toMatch(/^\{/)
  const { noticed, total, survivors } = Printed.parse(JSON.parse(stdout)).mutation
  expect(survivors).toEqual([])
  expect(total).toBeGreaterThanOrEqual(60)
  expect(noticed).toBe(total)
})
