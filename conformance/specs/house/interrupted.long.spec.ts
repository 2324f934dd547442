/**
 * A verb that is interrupted, or left behind by npm, ends, and takes away what it has made.
 *
 * Method: verbs that work for minutes are started with a folder of their own for all that is temporary. Once there is something
 * in it, the verb, or npm, gets a signal. The pipe that they print to is closed when the last of their processes has ended.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const PATIENCE = { timeout: 90_000 }

/** Starts a program in a session of its own, as a terminal does. */
function started(program: string, args: readonly string[]) {
  const temporary = mkdtempSync(join(tmpdir(), 'interrupted-'))
  const child = spawn(program, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    endAll(child)
    await ended
    rmSync(temporary, { recursive: true })
  })
  const text = { said: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => {
      text.said += more
    })
  return { child, ended, text, made: () => readdirSync(temporary).filter((name) => !name.startsWith('tsx-')) }
}

/** In case the test has failed before it did. */
function endAll({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}

test('SIGTERM to npm ends the verb below it', { timeout: 200_000 }, async () => {
  const { child, ended, text, made } = started('npm', ['run', '--silent', 'mutate', '--', '--only', 'lock'])
  await expect.poll(made, PATIENCE).toContainEqual(expect.stringMatching(/^probed-/))
  await expect.poll(made, PATIENCE).toContainEqual(expect.stringMatching(/^mutate-/))
  child.kill('SIGTERM')
  await ended
  expect(made()).toEqual([])
  expect(text.said).toMatch(/\nCould not check: interrupted by SIGTERM\.\n$/)
})

test('Ctrl-C ends a verb with 2, and its checkout goes', { timeout: 200_000 }, async () => {
  const args = ['--import', 'tsx', 'scripts/bench-loop.ts', '--base', 'HEAD', '--rounds', '1']
  const { child, ended, text, made } = started(process.execPath, args)
  await expect.poll(() => text.said, PATIENCE).toMatch(/warming up/)
  const [folder = ''] = made()
  expect(worktrees()).toContain(folder)
  child.kill('SIGINT')
  expect(await ended).toEqual([2, null])
  expect(made()).toEqual([])
  expect(worktrees()).not.toContain(folder)
})

function worktrees(): string {
  return execFileSync('git', ['worktree', 'list'], { cwd: root, encoding: 'utf8' })
}

test('whoever has read enough closes the pipe, and that is no error', PATIENCE, async () => {
  const args = ['--import', 'tsx', 'scripts/usage.ts', '--csv', '--records', '50000']
  const { child, ended, text } = started(process.execPath, args)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await ended).toEqual([0, null])
  expect(text.said).not.toContain('EPIPE')
})
