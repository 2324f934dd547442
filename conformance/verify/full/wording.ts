/** Facts in the words of a report. */
import type { Fact } from '../../catalog/index.ts'

/** An object's name as a reader would look for it: `table copilot_internal.cost_quotas`, `role anon`. */
export function nameOf(object: string, kind?: string | null): string {
  const [sort = '', name = ''] = split(object, ' ')
  switch (sort) {
    case 'relation':
      return `${kind ?? 'table'} copilot_internal.${name}`
    case 'function':
    case 'type':
      return `${sort} copilot_internal.${name}`
    case 'price':
      return `price of ${name}`
    default:
      return object
  }
}

/** A fact without `definition`, which says no more than that there is something: `column tier`, `policy p, using`. */
export function aspectOf({ fact }: Pick<Fact, 'fact'>): string {
  const { part, aspect } = partOf(fact)
  if (part === undefined) return aspect
  return aspect === 'definition' ? part : `${part}, ${aspect}`
}

/** What of an object a fact is about: one of its parts, such as a column, or the object itself. */
export function partOf(fact: string): { part?: string; aspect: string } {
  const at = fact.lastIndexOf(': ')
  return at < 0 ? { aspect: fact } : { part: fact.slice(0, at), aspect: fact.slice(at + 2) }
}

/** Have and want of one fact, each in a line. Of texts of several lines only where they first differ. */
export function inLines(have: string | null | undefined, want: string | null | undefined): [string, string] {
  const [haves, wants] = [linesOf(have), linesOf(want)]
  if (haves.length < 2 || wants.length < 2) return [oneLine(have), oneLine(want)]
  let at = 0
  while (haves[at] === wants[at]) at += 1
  return [`line ${at + 1}: ${haves[at] ?? '(ends)'}`, `line ${at + 1}: ${wants[at] ?? '(ends)'}`]
}

function linesOf(text: string | null | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

const LONGEST = 300

function oneLine(text: string | null | undefined): string {
  const line = linesOf(text).join(' ')
  if (line === '') return 'none'
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
