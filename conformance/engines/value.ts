/**
 * A bound value as the text Postgres reads, the same for every driver: what a driver guesses differs from one to the
 * next, what is sent as text is read by the server by the parameter's own type.
 *
 * Arrays become array literals, plain objects JSON. NULL and undefined are NULL.
 */
export function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return `{${value.map(arrayElement).join(',')}}`
  if (value instanceof Date) return value.toISOString()
  // Big of big.js and the like have a toString of their own; a plain object has not.
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return JSON.stringify(value)
  return String(value)
}

function arrayElement(value: unknown): string {
  const text = asText(value)
  if (text === null) return 'NULL'
  return Array.isArray(value) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
