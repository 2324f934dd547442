import { printable } from '../report/index.ts'

/**
 * Input that nothing can be made of. The message is the one sentence that is told; nothing has been written. It quotes what
 * was read, and so is made printable here, for all who throw it.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  constructor(message: string) {
    super(printable(message))
  }
}
