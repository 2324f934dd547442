/** What a file says is wrong, on the line where it says it: an error of the server, or a slip in a backslash command. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
  /** `file:line`. */
  readonly place: string
  constructor(message: string, place: string) {
    super(message)
    this.place = place
  }
}

/** A file asks for what is not done here. Nothing was found out about what it tests. */
export class Refused extends ScriptError {}
