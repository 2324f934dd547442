/**
 * `npm test -- --watch` starts again when something is saved that no module imports: a migration, a rule, a fixture.
 *
 * Method: a checkout of its own, in which files are changed while a run watches.
 */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, ownCheckout, test } from '../../harness/index.ts'

const own = ownCheckout('conformance', 'supabase', 'fixtures', 'scripts', 'vitest.config.ts', 'tsconfig.json')
afterAll(own.remove)

/** A run that watches, and how each of its rounds ended. */
function watching(...words: readonly string[]) {
  const args = ['--import', 'tsx', 'scripts/test.ts', '--watch', '--engine', 'embedded-17', ...words]
  const child = spawn(process.execPath, args, { cwd: own.folder, stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const rounds = () =>
    [...said.matchAll(/^(\d+ passed, \d+ failed), \d+ skipped$/gm)].map(([, counts]) => counts)
  return {
    /** How that round ended, the first being 1. */
    async round(number: number) {
      while (rounds().length < number && child.exitCode === null) await sleep(50)
      return rounds()[number - 1]
    },
    async end() {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGINT')
      await ended
    },
  }
}

/** How many tests a round had. */
const testsOf = (counts = '') => [...counts.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0)

test('it tests what was saved, and only the specs that depend on it', async () => {
  const run = watching('schema/inventory', 'rules/rules')
  const migration = join(own.folder, 'supabase/migrations/20260106000009_access.sql')
  const rule = join(own.folder, 'conformance/rules/json-is-jsonb.sql')
  try {
    const whole = await run.round(1)
    expect(whole).toMatch(/^[1-9]\d* passed, 0 failed$/)
    // A view too many, which inventory misses and a rule does: it has no comment.
    appendFileSync(migration, 'create view copilot_internal.surplus as select 1 as one;')
    const broken = await run.round(2)
    expect(broken).toMatch(/^[1-9]\d* passed, [1-9]\d* failed$/)
    // A rule concerns no other spec.
    appendFileSync(rule, '-- Saved.\n')
    const narrow = await run.round(3)
    expect(narrow).toMatch(/ failed$/)
    expect(testsOf(narrow)).toBeLessThan(testsOf(broken))
  } finally {
    await run.end()
  }
})
