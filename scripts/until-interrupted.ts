import { once } from 'node:events'

/** Waits for Ctrl-C, or for whoever else asks this process to end. */
export async function untilInterrupted(): Promise<void> {
  // Waiting for a signal alone does not keep a process from ending.
  const alive = setInterval(() => {}, 60_000)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  clearInterval(alive)
}
