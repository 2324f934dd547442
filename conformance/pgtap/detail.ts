/** What a claim may say more exactly, before its description: `hasCast('a', 'b', { function: 'f' }, 'a description')`. */

/** The end of a claim's arguments: the detail, then the description; each may be left out. */
export type Rest<Detail extends object | number> =
  | [description?: string | undefined]
  | [detail: Detail | undefined, description?: string | undefined]

/** The two, told apart. */
export function restOf<Detail extends object | number>([first, second]: Rest<Detail>): {
  readonly detail?: Detail | undefined
  readonly description?: string | undefined
} {
  return typeof first === 'string' ? { description: first } : { detail: first, description: second }
}
