/**
 * Commands of the documents take the options that they are written with, and the example application runs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { expect, referenceServer, test, verb } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const files = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

/** Script → the options that documents give it. */
const used = new Map<string, Set<string>>()
for (const file of files)
  for (const [, name = '', rest = ''] of readFileSync(join(root, file), 'utf8').matchAll(
    /\bnpm (?:run )?(test|[\w-]+(?::[\w-]+)?)((?: [^\n`|#]*)?)/g,
  ))
    if (/^node --import tsx -- scripts\//.test(scripts[name] ?? '')) {
      const options = used.get(name) ?? new Set<string>()
      for (const [option] of rest.matchAll(/--[a-z][\w-]+/g)) options.add(option)
      used.set(name, options)
    }

test.for([...used])('npm run %s has the options that documents give it', async ([name, options]) => {
  const [, file = ''] = /^node --import tsx -- scripts\/([\w-]+)\.ts/.exec(scripts[name] ?? '') ?? []
  const { stdout } = await verb(file, ['--help'])
  expect([...options].filter((option) => !stdout.includes(option))).toEqual([])
})

test('the example application keeps to its quota, and prints a bill', async () => {
  const server = await referenceServer()
  try {
    const database = await server.open()
    const { $ } = await import('zx')
    const { stdout } = await $({
      quiet: true,
      cwd: root,
      env: { ...process.env, DATABASE_URL: database.url ?? '' },
    })`node --import tsx docs/example/main.ts`
    expect(stdout).toMatch(
      /^call 1: 0\.0036\d* USD\ncall 2: 0\.0036\d* USD\ncall 3: refused\. 0\.0028 USD are left, 0\.004 are needed\.\nbill: 0\.0072 USD for 2 calls\n$/,
    )
  } finally {
    await server.stop()
  }
})
