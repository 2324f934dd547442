/**
 * Which reports are written, where, and in which colours: the options that verbs share.
 *
 * Method: the verbs are run as a person runs them, and what they leave in a folder is read.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { test as base, describe, expect, verb } from '../../harness/index.ts'
import { coloured, paintFor, plain, ReportSchema, render } from '../../report/index.ts'
import { reportWith } from './any-report.ts'

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of fixtures off the pattern
const test = base.extend('folder', async ({}, { onCleanup }) => {
  const folder = mkdtempSync(join(tmpdir(), 'reports-'))
  onCleanup(() => rmSync(folder, { recursive: true }))
  return folder
})

const verify = (args: readonly string[]) => verb('verify-phase1-migrations', args)
const reportIn = (folder: string) =>
  ReportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')))

describe('verify:phase1', { timeout: 60_000 }, () => {
  test('it writes what is asked for, and prints what it always prints', async ({ folder }) => {
    const run = await verify(['--report', folder, '--reporter', 'markdown, json'])
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^=== Phase 1 Migration/) })
    expect(run.stdout).toMatch(/PASSED ===\nAll migrations applied successfully!\n$/)
    expect(readdirSync(folder).sort()).toEqual(['report.json', 'report.md'])
    const { verdict, findings, access, trial } = reportIn(folder)
    expect({ verdict, findings: findings.length }).toEqual({ verdict: 'passed', findings: 9 })
    expect(trial.command).toBe(`npm run verify:phase1 -- --report ${folder} --reporter 'markdown, json'`)
    expect(access?.[0]?.cells).toContainEqual({
      kind: 'table',
      object: 'llm_cost_records',
      role: 'authenticated',
      privileges: ['SELECT'],
    })
  })

  test('what cannot be checked leaves a report that says so', async ({ folder }) => {
    const url = 'postgresql://me:secret-word@127.0.0.1:1/nowhere'
    const run = await verify(['--db-url', url, '--report', folder])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    const { verdict, findings } = reportIn(folder)
    expect(verdict).toBe('error')
    expect(findings).toMatchObject([{ outcome: 'error', reason: expect.stringMatching(/127\.0\.0\.1/) }])
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toContain('secret-word')
  })
})

test('an unknown report is refused, and the known ones are named', async () => {
  for (const name of ['test', 'verify-phase1-migrations']) {
    const run = await verb(name, ['--reporter', 'json,pdf'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(
      /Unknown: pdf\. Known reports: terminal, json, junit, tap, ctrf, markdown, html\./,
    )
  }
})

describe('colours', () => {
  const cases = [
    ['on a terminal', {}, true, coloured],
    ['in a pipe', {}, false, plain],
    ['with NO_COLOR', { NO_COLOR: '1' }, true, plain],
    ['with an empty NO_COLOR', { NO_COLOR: '' }, true, coloured],
    ['with FORCE_COLOR in a pipe', { FORCE_COLOR: '1' }, false, coloured],
    ['with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, plain],
    ['with both', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, coloured],
    ['on a terminal that has none', { TERM: 'dumb' }, true, plain],
  ] as const
  test.for(cases)('%s', ([, env, isTerminal, paint]) => {
    expect(paintFor(env, isTerminal)).toBe(paint)
  })

  test('they change no word', async () => {
    const report = reportWith([
      { id: 'a', title: 'a', group: 'g', engine: 'pglite', outcome: 'passed' },
      { id: 'b', title: 'b', group: 'g', engine: 'pglite', outcome: 'failed', have: '1', want: '2' },
      { id: 'c', title: 'c', group: 'g', outcome: 'skipped', reason: 'not run: left out' },
    ])
    const [with_, without] = [await render(report, 'terminal', coloured), await render(report, 'terminal')]
    expect(with_).toContain('\u001b[31m')
    expect(stripVTControlCharacters(with_)).toBe(without)
  })
})
