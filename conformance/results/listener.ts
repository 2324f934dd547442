import type { Failure, RanError, RanFile, RunMessage } from '../runner/index.ts'

/** What a run came to. */
export interface Ran {
  readonly files: readonly RanFile[]
  /** What went wrong outside any file. */
  readonly strays: readonly RanError[]
}

/** Follows a run, or several where changes are watched. */
export interface Listener {
  /** Called with the number of files to run. */
  started?(files: number): void
  failed?(failure: Failure): void
  fileDone?(): void
  ended?(ran: Ran): void | Promise<void>
}

/** What takes the messages of a run to its listeners, one after the other. */
export function heardBy(listeners: readonly Listener[]): (message: RunMessage) => Promise<void> {
  return async (message) => {
    for (const listener of listeners) await hear(listener, message)
  }
}

function hear(listener: Listener, message: RunMessage): void | Promise<void> {
  switch (message.kind) {
    case 'started':
      return listener.started?.(message.files)
    case 'failed':
      return listener.failed?.(message.failure)
    case 'file-done':
      return listener.fileDone?.()
    case 'ended':
      return listener.ended?.(message)
  }
}
