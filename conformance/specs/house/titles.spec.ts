/**
 * A title is a claim in the present tense that a product owner can read and dispute.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '../../harness/index.ts'

const specs = fileURLToPath(new URL('../', import.meta.url))
const LONGEST = 70

const titles = readdirSync(specs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.spec.ts'))
  .flatMap((name) =>
    [
      ...readFileSync(join(specs, name), 'utf8').matchAll(
        /^\s*(?:test|describe|needs\(.*?\))(?:\.\w+\(.*?\))?\((['"`])(.+?)\1/gm,
      ),
    ].map(([, , title]) => ({ name, title: title ?? '' })),
  )

test('titles are found at all', () => {
  expect(titles.length).toBeGreaterThan(100)
})

test('titles claim what is, not what ought to be', () => {
  expect(titles.filter(({ title }) => /\b(should|must|will|test that|works)\b/i.test(title))).toEqual([])
})

test(`titles have ${LONGEST} characters at most`, () => {
  expect(titles.filter(({ title }) => title.length > LONGEST)).toEqual([])
})
