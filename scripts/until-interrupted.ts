import { once } from 'node:events'

/** How often it is looked whether somebody still waits for this process. */
const LOOK_MS = 500
/** Who has started this process: read before any work, for it may be gone when the work is done. */
const parent = process.ppid

/**
 * Waits for Ctrl-C, for whoever else asks this process to end, or until the one that has started it is gone: npm does not pass
 * on every signal that it gets.
 */
export async function untilInterrupted(): Promise<void> {
  let looking: NodeJS.Timeout | undefined
  const orphaned = new Promise<void>((resolve) => {
    looking = setInterval(() => {
      if (process.ppid !== parent) resolve()
    }, LOOK_MS)
  })
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), orphaned])
  clearInterval(looking)
}
