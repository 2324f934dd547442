/**
 * An engine leaves no process and no file behind, however its runner ends.
 *
 * Method: runners of their own start the engine that this spec runs on, say where it is, and are ended in various ways.
 */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EngineKind } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const runner = fileURLToPath(new URL('../../harness/start-engine.ts', import.meta.url))
const PATIENCE_MS = 10_000

/** How a runner ends: by itself, or by a signal. */
const endings = {
  'it fails': { task: 'throw' },
  'Ctrl-C': { task: 'wait', signal: 'SIGINT' },
  'it is killed': { task: 'wait', signal: 'SIGKILL' },
} as const

needs('own-cluster')(
  'nothing is left, however its runner ends',
  async ({ engineKind }) => {
    const left = await Promise.all(
      Object.entries(endings).map(async ([how, ending]) => [how, await leftBy(engineKind, ending)]),
    )
    expect(Object.fromEntries(left)).toEqual(Object.fromEntries(Object.keys(endings).map((how) => [how, []])))
  },
  180_000,
)

needs('own-cluster')('what is there while it runs is seen', async ({ engineKind }) => {
  const running = await engineKind.start()
  expect((await engineKind.remains(running.ticket)).length).toBeGreaterThan(0)
  await running.stop()
  expect(await engineKind.remains(running.ticket)).toEqual([])
})

/** What is left of an engine whose runner ended like this. */
async function leftBy(
  kind: EngineKind,
  { task, signal }: { task: string; signal?: NodeJS.Signals },
): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', runner, kind.name, task], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const ticket = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve)
    child.once('close', () =>
      reject(new Error(`The runner of ${kind.name} ended before it had started an engine.`)),
    )
  })
  if (signal) child.kill(signal)
  await ended

  const deadline = Date.now() + PATIENCE_MS
  let left = await kind.remains(ticket)
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50)
    left = await kind.remains(ticket)
  }
  return left
}
