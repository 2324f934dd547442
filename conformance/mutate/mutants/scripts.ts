/** Faults of what a migration does besides making functions: a step left out, a seeded price with another digit. */
import type { Migration } from '../../engines/index.ts'
import type { Mutant } from '../mutant.ts'
import { type Located, mutantsFrom } from './functions.ts'
import { Words } from './words.ts'

const DATA = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'DoStmt'])

/** All of them. Each takes the migrations from this file on to be applied anew. */
export async function scriptMutants(
  migrations: readonly Migration[],
  statements: readonly Located[],
): Promise<Mutant[]> {
  const made: Mutant[] = []
  for (const statement of statements) {
    if (!DATA.has(statement.kind)) continue
    const after = migrations.findIndex(({ name }) => name === statement.file)
    for (const mutant of await seedPrices(statement)) made.push({ ...mutant, shortcut: { after } })
  }
  return made
}

/** A digit of each amount in a list of values. */
async function seedPrices(statement: Located): Promise<Mutant[]> {
  const words = await Words.of(statement.text)
  const proposals: ReturnType<Words['change']> = []
  const take = (inner: Words, offset: number) => {
    for (const { word, is, index, depth } of inner.all)
      if (is === 'number' && word.includes('.') && depth > 0 && isListed(inner, index, depth))
        proposals.push(
          ...inner
            .change('price', index, index + 1, otherDigit(word))
            .map((one) => ({ ...one, from: one.from + offset, to: one.to + offset })),
        )
  }
  if (statement.kind === 'InsertStmt') take(words, 0)
  for (const { word, from, to } of words.all) {
    const [tag] = /^\$\w*\$/.exec(word) ?? []
    if (tag && /\binsert into\b/i.test(word))
      take(await Words.of(statement.text.slice(from + tag.length, to - tag.length)), from + tag.length)
  }
  return mutantsFrom(statement, `seed of ${statement.file}`, proposals)
}

/** Whether it stands in a row of values, and not among the arguments of a function. */
function isListed(words: Words, index: number, depth: number): boolean {
  const open = words.since(index, depth, new Set()) - 1
  const before = words.at(open - 1)
  return /^[,(]$/.test(words.word(index - 1)) && (before?.is !== 'name' || before.word === 'values')
}

function otherDigit(word: string): string {
  const at = word.search(/[1-9]/)
  const digit = word[at]
  return digit === undefined
    ? `${word}1`
    : `${word.slice(0, at)}${(Number(digit) % 9) + 1}${word.slice(at + 1)}`
}
