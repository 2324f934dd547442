/** What a list may call things. Names go to a terminal, into reports and into SQL: they are what they look like. */
import { printable } from '../../report/index.ts'
import { isDay } from '../moment.ts'
import { keyOf, type PriceList } from '../price.ts'
import { Refused } from '../refused.ts'

/** Twice the longest name of a public list. */
const LONGEST = 200
/** How much of a text is shown. */
const SHOWN = 60

interface Named {
  readonly what: string
  readonly text: string
  /** Where it stands, if that is not the name itself. */
  readonly of?: string
}

/** Throws {@link Refused} for the first name that cannot be printed as it is or is of an absurd length, and for no day. */
export function refuseNames(list: PriceList): void {
  for (const { what, text, of } of namesOf(list)) {
    const why =
      whyNot(text, what === 'entry' ? 2 * LONGEST : LONGEST) ??
      (KEYS.includes(what) ? whyNoKey(text) : undefined)
    if (why)
      throw new Refused(
        `${list.file}: the ${what} "${short(text)}"${of === undefined ? '' : ` of ${short(of)}`} ${why}: expected up to ${LONGEST} printable characters; correct the list, or take the entry out.`,
      )
  }
  for (const { text, of } of daysOf(list))
    if (!isDay(text))
      throw new Refused(
        `${list.file}: "${short(text)}", the day of ${short(of)}, is no day: expected YYYY-MM-DD.`,
      )
  for (const { key, text } of textsOf(list))
    if (hasControls(text))
      throw new Refused(
        `${list.file}: the text "${short(text)}" of ${short(key)} holds characters that cannot be seen: take them out.`,
      )
}

function whyNot(text: string, longest: number): string | undefined {
  if (text.trim() === '') return 'is empty'
  if (printable(text) !== text) return 'holds characters that cannot be seen'
  return text.length > longest ? `has ${text.length} characters` : undefined
}

/** What a key is made of: one that looks like another would be a price of its own beside it. */
const KEYS = ['provider', 'region', 'model', 'tier']
/** White space other than a plain space. */
const OTHER_SPACE = /[^\S ]/gu
/** Letters that look like Latin ones. */
const LOOK_ALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}]/gu

function whyNoKey(text: string): string | undefined {
  if (text.search(OTHER_SPACE) >= 0) return 'holds white space other than a plain space'
  if (text.trim() !== text) return 'begins or ends with a space'
  return isMixed(text) ? 'mixes Latin letters with Cyrillic or Greek ones' : undefined
}

function isMixed(text: string): boolean {
  return /\p{Script=Latin}/u.test(text) && text.search(LOOK_ALIKE) >= 0
}

/** Texts for people may have lines and tabs; what else cannot be seen has no place in them. */
function hasControls(text: string): boolean {
  const line = text.replace(/[\r\n\t]/g, ' ')
  return line.trim() !== '' && printable(line) !== line
}

function short(text: string): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
  const code = (character: string) =>
    `⟨U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}⟩`
  const plain = printable(cut).replace(OTHER_SPACE, code)
  return isMixed(text) ? plain.replace(LOOK_ALIKE, code) : plain
}

function namesOf(list: PriceList): Named[] {
  return [
    { what: 'name of the source', text: list.source },
    ...Object.keys(list.sources ?? {}).map((text) => ({ what: 'source', text })),
    ...list.prices.flatMap((price) => {
      const of = keyOf(price)
      return [
        { what: price.list === 'llm' ? 'provider' : 'region', text: price.of, of },
        { what: price.list === 'llm' ? 'model' : 'tier', text: price.name, of },
        ...price.sources.map((text) => ({ what: 'source', text, of })),
      ]
    }),
    ...list.leftovers.flatMap(({ kind, of, at }) => [
      { what: 'entry', text: at },
      { what: 'kind', text: kind, of: at },
      ...(of === undefined ? [] : [{ what: 'provider', text: of, of: at }]),
    ]),
    // A check, and what it is about.
    ...Object.keys(list.accepted).map((text) => ({ what: 'entry', text })),
  ]
}

function daysOf({ file, asOf, prices }: PriceList): { text: string; of: string }[] {
  return [
    ...(asOf === undefined ? [] : [{ text: asOf, of: file }]),
    ...prices.flatMap((price) =>
      price.verifiedOn === undefined ? [] : [{ text: price.verifiedOn, of: keyOf(price) }],
    ),
  ]
}

function textsOf({ title, sources, prices, accepted }: PriceList): { key: string; text: string }[] {
  return [
    ...(title === undefined ? [] : [{ key: 'the title', text: title }]),
    ...Object.entries({ ...sources, ...accepted }).map(([key, text]) => ({ key, text })),
    ...prices.flatMap((price) => (price.notes ? [{ key: keyOf(price), text: price.notes }] : [])),
  ]
}
