/**
 * `npm run mutate` on another project: its score is that of its tests, and falls with them.
 *
 * Method: the todo list of fixtures/mutate, whose four files of tests are about four things. Without three of them, the faults that
 * these alone notice survive, and are named.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { expect, onTestFinished, test, verb } from '../../harness/index.ts'

const PROJECT = 'fixtures/mutate/todo'
const Printed = z.object({
  mutation: z.object({
    noticed: z.number(),
    total: z.number(),
    survivors: z.array(z.object({ mutant: z.string(), change: z.string() })),
  }),
})

async function mutated(tests: string, ...more: readonly string[]) {
  const args = ['--migrations', `${PROJECT}/migrations`, '--tests', tests, '--json', ...more]
  const { exitCode, stdout, stderr } = await verb('mutate', args)
  return { exitCode, stderr, stdout }
}

function someTests(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tests-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of names) copyFileSync(join(PROJECT, 'tests', name), join(folder, name))
  return folder
}

const survivorsOf = (stdout: string) => Printed.parse(JSON.parse(stdout)).mutation

test('three files of tests less, and what they covered survives', async () => {
  const policies = ['--only', 'policy dropped', '--only', 'row level security']
  const all = survivorsOf((await mutated(`${PROJECT}/tests`, ...policies)).stdout)
  const few = survivorsOf((await mutated(someTests('01_own.sql'), ...policies)).stdout)
  expect(all).toEqual({ noticed: 5, total: 5, survivors: [] })
  expect([few.noticed, few.total]).toEqual([3, 5])
  // Reading and adding are covered by the file that is left.
  expect(few.survivors.map(({ mutant }) => mutant.replace(/^\w+ /, '')).sort()).toEqual([
    'policy todos_delete_own on todos: policy dropped',
    'policy todos_update_own on todos: policy dropped',
  ])
})

test('tests that fail without any fault are an error', async () => {
  const folder = someTests()
  writeFileSync(
    join(folder, 'red.sql'),
    `begin; select plan(1); select ok(false, 'red'); select * from finish(); rollback;`,
  )
  const { exitCode, stderr } = await mutated(folder)
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/fail without any fault: .*red\.sql/)
})

test.for([
  [['--only', 'no such kind'], /Nothing was mutated/],
  [['--sample', '0%'], /Expected a part of all/],
] as const)('%j is an error', async ([args, says]) => {
  const { exitCode, stderr } = await mutated(`${PROJECT}/tests`, ...args)
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(says)
})

test('the migrations of a project without its tests are an error', async () => {
  const { exitCode, stderr } = await verb('mutate', ['--migrations', `${PROJECT}/migrations`])
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/--migrations and --tests go together/)
})
