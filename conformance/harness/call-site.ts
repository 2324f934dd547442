/** Where something was claimed: its error points there, and not at whoever found out that it is not so. */
export class CallSite {
  readonly #stack: { stack?: string } = {}

  /** The place where `called` was called from. */
  constructor(called: (...args: never[]) => unknown) {
    Error.captureStackTrace(this.#stack, called)
  }

  /** The same error, as if it had been thrown there. */
  of<Raised extends Error>(error: Raised): Raised {
    const frames = (this.#stack.stack ?? '').split('\n').filter((line) => /^ +at /.test(line))
    if (frames.length > 0) error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
    return error
  }
}
