/** What two names of models have to do with each other. No price is ever taken over by it. */

export const PLAIN_FIELDS: readonly string[] = ['input', 'output', 'price_per_second']

/** Version numbers of a name, `4.5` as `4-5`; dates of snapshots have no say. */
function generation(name: string): string {
  return (undated(name).match(/\d+/g) ?? []).join('.')
}

/** What is left of a name without its numbers: models of one family differ in their generation. */
export function family(name: string): string {
  return undated(name)
    .replace(/[\d.]+/g, '')
    .replace(/[-_]+/g, '-')
    .replace(/^-|-$/g, '')
}

/** A name without prefix, date and the words that point to the newest of a kind. */
export function undated(name: string): string {
  return (name.split('/').at(-1) ?? name)
    .toLowerCase()
    .replace(/[-@:_]?(20\d{2}-?[01]\d-?[0-3]\d)(-v\d+(:\d+)?)?$/, '')
    .replace(/[-:](latest|preview)$/, '')
}

/** Whether two names are of one family, and of different generations. */
export function isVersionOf(a: string, b: string): boolean {
  return a !== b && family(a) === family(b) && generation(a) !== generation(b)
}

/** Whether two names are dated or prefixed variants of one another; never across a digit of a version. */
export function isVariantOf(a: string, b: string): boolean {
  return a !== b && undated(a) === undated(b)
}
