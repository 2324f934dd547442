/** The engine is at fault, and so nothing was found out about the product: a failure of its own kind. */
export class EngineWedged extends Error {
  override readonly name = 'ENGINE_WEDGED'
  constructor(what: string) {
    super(`ENGINE_WEDGED: ${what}`)
  }
}
