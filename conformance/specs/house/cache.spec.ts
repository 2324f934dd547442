/**
 * What is kept between runs and cannot be read is done without.
 *
 * Method: under the name of what is kept lies something that no process can read, whatever its rights.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'

const folder = fileURLToPath(new URL('../../../node_modules/.cache/conformance/', import.meta.url))
const made = new Uint8Array([1, 2, 3])

test.for([
  ['a folder', (path: string) => mkdirSync(path, { recursive: true })],
  ['a link that leads in a circle', (path: string) => symlinkSync(path, path)],
] as const)('%s in its place costs only time', async ([, put], { task }) => {
  const name = `spec-${task.id.replaceAll(/\W/g, '')}`
  const path = join(folder, `${name}-key`)
  mkdirSync(folder, { recursive: true })
  put(path)
  try {
    expect(await cached(name, 'key', async () => made)).toEqual(made)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
})

test('what can be read is not made again, and goes when its key has changed', async () => {
  const name = `spec-${process.pid}`
  const again = () => Promise.reject(new Error('made again'))
  try {
    expect(await cached(name, 'one', async () => made)).toEqual(made)
    expect(new Uint8Array(await cached(name, 'one', again))).toEqual(made)
    await cached(name, 'two', async () => made)
    expect(existsSync(join(folder, `${name}-one`))).toBe(false)
  } finally {
    for (const key of ['one', 'two']) rmSync(join(folder, `${name}-${key}`), { force: true })
  }
})
