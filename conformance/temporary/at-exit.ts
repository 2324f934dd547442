/** What is still to be undone, in the order in which it was done. */
const pending = new Set<() => void>()
let isHeard = false

/**
 * Undoes something when this process ends before the answer is called: `finally` is not reached where a process exits. Whatever
 * `undo` does has to be done when it returns.
 */
export function atExit(undo: () => void): () => void {
  if (!isHeard) process.on('exit', undoAll)
  isHeard = true
  // A function of its own: the same one may be given twice.
  const own = () => undo()
  pending.add(own)
  return () => void pending.delete(own)
}

/** The last first; what cannot be undone keeps nothing else from it. */
function undoAll(): void {
  for (const undo of [...pending].reverse())
    try {
      undo()
    } catch {
      // Nobody is left to be told.
    }
}
