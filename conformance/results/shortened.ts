/** Evidence of which only what differs is kept, with some context: whoever wants all of it runs the test. */
import { diffArrays } from 'diff'

/** Up to here a text is told whole. */
const SHORT = { lines: 12, characters: 800 }
const CONTEXT = 2
const MOST_LINES = 24
const MOST_OF_A_LINE = 240
const MOST_ITEMS = 20
/** Texts that differ in more lines than this are compared from both ends only: a full comparison would take minutes. */
const MOST_EDITS = 400

/** What speaks for a failure, whole or shortened. */
export interface Evidence {
  readonly have?: string | undefined
  readonly want?: string | undefined
  readonly extra?: readonly string[] | undefined
  readonly missing?: readonly string[] | undefined
}

/** The same evidence, each field short. */
export function shortened({ have, want, extra, missing }: Evidence): {
  have?: string
  want?: string
  extra?: string[]
  missing?: string[]
} {
  const [haves, wants] = onlyDifference(have ?? '', want ?? '')
  return {
    ...(have === undefined ? {} : { have: haves }),
    ...(want === undefined ? {} : { want: wants }),
    ...(extra === undefined ? {} : { extra: firstOf(extra) }),
    ...(missing === undefined ? {} : { missing: firstOf(missing) }),
  }
}

/** A text cut after some lines; a line cut after some characters. */
export function shortText(text: string, most = MOST_LINES): string {
  const lines = text.split('\n')
  const shown = lines.slice(0, most).map((line) => cut(line))
  return [...shown, ...(lines.length > most ? [more(lines.length - most)] : [])].join('\n')
}

function firstOf(items: readonly string[]): string[] {
  const shown = items.slice(0, MOST_ITEMS).map((item) => shortText(item, 4))
  return items.length > MOST_ITEMS ? [...shown, `… and ${items.length - MOST_ITEMS} more`] : shown
}

/** Two texts without the lines that both have, but for some around each difference. */
function onlyDifference(have: string, want: string): [have: string, want: string] {
  if (isShort(have) && isShort(want)) return [have, want]
  const [haves, wants] = [have.split('\n'), want.split('\n')]
  const parts = diffArrays(haves, wants, { maxEditLength: MOST_EDITS }) ?? betweenEnds(haves, wants)
  const side = (hidden: 'added' | 'removed') => {
    const lines = parts.flatMap((part, i) => {
      if (part[hidden]) return []
      if (part.added || part.removed) return part.value
      return context(part.value, { before: i > 0, after: i < parts.length - 1 })
    })
    return shortText(lines.join('\n'))
  }
  return alignedCuts(side('added'), side('removed'), have, want)
}

/** One long line on either side: what surrounds the first difference. */
function alignedCuts(have: string, want: string, wholeHave: string, wholeWant: string): [string, string] {
  if (wholeHave.includes('\n') || wholeWant.includes('\n')) return [have, want]
  let at = 0
  while (at < wholeHave.length && wholeHave[at] === wholeWant[at]) at += 1
  const from = Math.max(0, at - MOST_OF_A_LINE / 4)
  const around = (text: string) => (from > 0 ? '…' : '') + cut(text.slice(from))
  return [around(wholeHave), around(wholeWant)]
}

interface Part {
  readonly value: string[]
  readonly added?: boolean
  readonly removed?: boolean
}

/** What lies between the lines that both begin and both end with. */
function betweenEnds(haves: string[], wants: string[]): Part[] {
  const shorter = Math.min(haves.length, wants.length)
  let head = 0
  while (head < shorter && haves[head] === wants[head]) head += 1
  let tail = 0
  while (tail < shorter - head && haves.at(-1 - tail) === wants.at(-1 - tail)) tail += 1
  return [
    { value: haves.slice(0, head) },
    { value: haves.slice(head, haves.length - tail), removed: true },
    { value: wants.slice(head, wants.length - tail), added: true },
    { value: haves.slice(haves.length - tail) },
  ].filter(({ value }) => value.length > 0)
}

function context(lines: string[], { before, after }: { readonly before: boolean; readonly after: boolean }) {
  const [first, last] = [before ? CONTEXT : 0, after ? CONTEXT : 0]
  if (lines.length <= first + last + 1) return lines
  const left = lines.length - first - last
  return [...lines.slice(0, first), `… ${left} lines alike`, ...lines.slice(lines.length - last)]
}

function isShort(text: string): boolean {
  return text.length <= SHORT.characters && text.split('\n').length <= SHORT.lines
}

function cut(line: string): string {
  return line.length > MOST_OF_A_LINE ? `${line.slice(0, MOST_OF_A_LINE)} …` : line
}

function more(count: number): string {
  return `… and ${count} more line${count === 1 ? '' : 's'}`
}
