/** Input that nothing can be made of. The message is the one sentence that is told; nothing has been written. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
