import { styleText } from 'node:util'

/** Colours and weights, by the names of `util.styleText`. */
export type Style = Parameters<typeof styleText>[0]

/** Puts a style on a text. Nothing is ever said by colour alone. */
export type Paint = (style: Style, text: string) => string

/** For files, pipes, and whoever wants no colours. */
export const plain: Paint = (_, text) => text

/** For terminals. */
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })

/**
 * Which of the two fits: `FORCE_COLOR` decides when it is set, then `NO_COLOR` (https://no-color.org), then whether
 * somebody is looking.
 */
export function paintFor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Paint {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
  if (force !== undefined && force !== '') return force === '0' || force === 'false' ? plain : coloured
  if (no !== undefined && no !== '') return plain
  return isTerminal && term !== 'dumb' ? coloured : plain
}
