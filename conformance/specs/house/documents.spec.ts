/**
 * The documents: links lead somewhere, commands exist, and the README is short enough to be read.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { expect, test } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(textOf('package.json')))

/** As GitHub names the place of a heading. */
const placeOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
const placesIn = (file: string) =>
  [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => placeOf(heading))

/** Where a document's links lead that leave neither the page nor the checkout. */
function linksIn(file: string): { target: string; place: string }[] {
  return [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', place = ''] = link.split('#')
      return { target: path === '' ? file : join(dirname(file), path), place }
    })
}

test('the README has at most 120 lines', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(121)
})

test.for(documents)('links of %s lead to a file and a heading of it', (file) => {
  const lost = linksIn(file).filter(
    ({ target, place }) =>
      !existsSync(join(root, target)) || (place !== '' && !placesIn(target).includes(place)),
  )
  expect(lost).toEqual([])
})

test('every page is linked from the README, or from one that is', () => {
  const reached = new Set(['README.md'])
  for (const file of reached)
    for (const { target } of linksIn(file)) if (documents.includes(target)) reached.add(target)
  expect(documents.filter((file) => !reached.has(file) && file.startsWith('docs/'))).toEqual([])
})

test.for(documents)('commands of %s exist', (file) => {
  const unknown = [...textOf(file).matchAll(/\bnpm run ([\w:-]+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !(name in scripts))
  expect(unknown).toEqual([])
})
