/** A word or two as the name of a class: `could not check` is `could-not-check`. */
export function slug(words: string): string {
  return words.replaceAll(' ', '-')
}
