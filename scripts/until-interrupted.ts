import { once } from 'node:events'

/** How often it is looked whether somebody still waits for this process. */
const LOOK_MS = 500
/** Who has started this process: read before any work, for it may be gone when the work is done. */
const parent = process.ppid

/** Does something once the process that has started this one is gone. Answers what stops looking; keeps nothing alive. */
export function onceOrphaned(work: () => void): () => void {
  const looking = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(looking)
    work()
  }, LOOK_MS).unref()
  return () => clearInterval(looking)
}

/**
 * Waits for Ctrl-C, for whoever else asks this process to end, or until the one that has started it is gone: npm does not pass
 * on every signal that it gets.
 */
export async function untilInterrupted(): Promise<void> {
  // Something has to keep this process alive: that it waits does not.
  const alive = setInterval(() => {}, LOOK_MS)
  let forget = () => {}
  const orphaned = new Promise<void>((resolve) => {
    forget = onceOrphaned(resolve)
  })
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), orphaned])
  forget()
  clearInterval(alive)
}
