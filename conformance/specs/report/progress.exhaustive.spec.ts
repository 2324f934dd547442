/**
 * What is seen of a run while it lasts: on a terminal one line that is written over, in a pipe the failures alone.
 *
 * Method: Vitest runs small specs of our own making, one after the other; what is written to each kind of screen is kept.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { describe, expect, onTestFinished, test } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** What clears a line, before it is written anew. */
const CLEAR = '\r\u001b[2K'

const script = `
  import { startVitest } from 'vitest/node'
  import { heardBy, Progress } from '${root}conformance/results/index.ts'
  import { Messenger } from '${root}conformance/runner/index.ts'
  const [isTTY, own] = [process.argv[2] === 'terminal', process.argv[2] === 'own']
  const written = []
  const screen = { isTTY, write: (text) => written.push(text) }
  const vitest = await startVitest('test', [], {
    root: import.meta.dirname, config: false, watch: false, fileParallelism: false,
    reporters: [new Messenger(heardBy([own ? new Progress() : new Progress(screen)]))],
    projects: [{ test: { name: 'first', include: ['*.spec.ts'] } }],
  })
  await vitest.close()
  if (!own) process.stdout.write(JSON.stringify(written))`

/** What a run of these specs writes, to a screen of a kind: `own` is the output of the process, here a pipe. */
async function seen(kind: 'terminal' | 'pipe' | 'own', specs: Readonly<Record<string, string>>) {
  // Within this checkout, whose packages they need.
  mkdirSync(join(root, 'reports'), { recursive: true })
  const folder = mkdtempSync(join(root, 'reports/progress-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(specs))
    writeFileSync(join(folder, name), `import { test } from 'vitest'\n${text}`)
  writeFileSync(join(folder, 'run.ts'), script)
  const { stdout } = await $({
    cwd: root,
    nothrow: true,
    quiet: true,
  })`node --import tsx ${join(folder, 'run.ts')} ${kind}`
  return stdout
}

const PASSES = `test('one', () => {})`
const FAILS = `test('two\\nlines', () => { throw new Error('No.') })`

test('a terminal sees one line, with specs, failures and time left', async () => {
  const specs = { 'a.spec.ts': PASSES, 'b.spec.ts': FAILS, 'c.spec.ts': `throw new Error('not loaded')` }
  const written: string[] = JSON.parse(await seen('terminal', specs))
  expect(written.every((text) => text.startsWith(CLEAR) && !text.includes('\n'))).toBe(true)
  const lines = written.map((text) => text.slice(CLEAR.length))
  expect(lines[0]).toBe('0 of 3 specs, 0 failed')
  expect(lines).toContainEqual(expect.stringMatching(/^[12] of 3 specs, [012] failed, about \d+ s left$/))
  expect(lines.at(-2)).toMatch(/^3 of 3 specs, 2 failed/)
  expect(lines.at(-1)).toBe('')
})

describe('a pipe', () => {
  test('sees the failures alone, a line each', async () => {
    const specs = { 'a.spec.ts': PASSES, 'b.spec.ts': FAILS, 'c.spec.ts': `throw new Error('not loaded')` }
    const written: string[] = JSON.parse(await seen('pipe', specs))
    expect(written.map((text) => text.replace(/\S*\//g, '')).sort()).toEqual([
      '✗ first: b.spec.ts: two lines\n',
      '✗ first: c.spec.ts: the file can be loaded and its hooks run\n',
    ])
  })

  test('is what the output of a process is', async () => {
    const specs = { 'a.spec.ts': PASSES, 'b.spec.ts': FAILS }
    expect(await seen('own', specs)).toMatch(/^✗ first: \S*b\.spec\.ts: two lines\n$/)
  })

  test('sees nothing of a run that passes', async () => {
    expect(await seen('pipe', { 'a.spec.ts': PASSES })).toBe('[]')
  })

  test('sees twenty failures at most', async () => {
    const all = Array.from({ length: 25 }, (_, i) => `test('${i}', () => { throw new Error('No.') })`).join(
      '\n',
    )
    const written: string[] = JSON.parse(await seen('pipe', { 'a.spec.ts': all }))
    expect(written).toHaveLength(21)
    expect(written.at(-1)).toBe('… more failures are told at the end only.\n')
  })
})
