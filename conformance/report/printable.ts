/**
 * What a report may hold. Titles, rows and messages come from specs, servers and drivers, and may hold anything: what
 * cannot be seen, or would change how its surroundings are read, is shown by its picture or its code point. It is done
 * once, for all renderers, so that they agree.
 */

/** Controls, marks that turn the direction of writing, separators, lone surrogates, and what is no character. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** Format characters without which some scripts and emoji fall apart. */
const JOINERS = '\u200c\u200d'

/** Fields whose text has lines; all others are a single one. */
const WITH_LINES = new Set(['have', 'want', 'extra', 'missing', 'reason', 'hint', 'text'])

/** A report, or a part of one, of which every text can be printed. Applying it again changes nothing. */
export function printable<Part>(part: Part): Part {
  return withTexts(part, (text, field) =>
    WITH_LINES.has(field) ? printableLines(text) : printableLine(text),
  )
}

/** The same report, or part of one, with every text changed: `change` gets the text and the name of its field. */
export function withTexts<Part>(part: Part, change: (text: string, field: string) => string): Part {
  const changed = (value: unknown, field: string): unknown => {
    if (typeof value === 'string') return change(value, field)
    if (Array.isArray(value)) return value.map((item) => changed(item, field))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, changed(inner, key)]))
  }
  // The shape is kept, and only texts change.
  return changed(part, '') as Part
}

/** A single line that can be printed: also a line break is shown, by its picture, and a name of nothing but spaces. */
export function printableLine(text: string): string {
  const shown = text.replace(UNPRINTABLE, picture)
  return shown.trim() === '' ? shown.replace(/\s/gu, '␠') : shown
}

/** Lines that can be printed. */
export function printableLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNPRINTABLE, (char) => (char === '\n' ? char : picture(char)))
}

function picture(char: string): string {
  if (JOINERS.includes(char)) return char
  const code = char.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}
