/**
 * Whole runs do not disturb each other: not two at once on one machine, and not one that was killed and the next.
 *
 * Method: `npm test` as a person runs it, on a server and on PGlite. A few specs stand for all: those that commit, that open
 * databases of their own and that start servers.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const reports = mkdtempSync(join(tmpdir(), 'conformance-runs-'))
const SPECS = ['requests.race', 'quotas/rollover']
/** Starts servers of its own and kills them: looks for what is left of them while others run. */
const KILLING = 'leaves-nothing'
const PATIENCE_MS = 600_000

afterAll(() => rmSync(reports, { recursive: true, force: true }))

/** A run in a group of processes of its own, so that all of it can be killed at once. */
function start(engines: string, ...more: readonly string[]) {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      'scripts/test.ts',
      '--engine',
      engines,
      '--verbose',
      '--report',
      mkdtempSync(join(reports, 'run-')),
      ...SPECS,
      ...more,
    ],
    { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(([status]) => ({ status, last: said.trimEnd().split('\n').at(-1) }))
  return {
    ended,
    kill: () => process.kill(-(child.pid ?? 0), 'SIGKILL'),
    /** Until the first spec is through: the engine is up, and databases are being made. */
    async underWay() {
      while (!/✓|passed/.test(said) && child.exitCode === null) await sleep(50)
    },
  }
}

const held = { status: 0, last: expect.stringMatching(/^[1-9]\d* passed, 0 failed, \d+ skipped$/) }

describe('whole runs', () => {
  test(
    'two at once pass both',
    async () => {
      const both = [start('embedded-17,pglite'), start('embedded-17')]
      expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([held, held])
    },
    PATIENCE_MS,
  )

  test(
    'one that is killed disturbs neither another nor the next',
    async () => {
      const [killed, other] = [start('embedded-17'), start('embedded-17', KILLING)]
      await killed.underWay()
      killed.kill()
      const next = start('embedded-17')
      expect(await killed.ended).toMatchObject({ status: null })
      expect(await Promise.all([other.ended, next.ended])).toEqual([held, held])
    },
    PATIENCE_MS,
  )
})
