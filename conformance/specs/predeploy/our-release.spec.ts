/**
 * The migrations of this checkout: the static step has no error, released files say what they said, and the changelog tells of the
 * version.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrations } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'
import { manifestOf, readFolder, readManifest, releasedTroubles, staticStep } from '../../predeploy/index.ts'
import { errorsOf } from './planted-folder.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const OURS = `${root}supabase/migrations`
const FIRST_RELEASE = 13

test('the static step finds no error in our migrations', async () => {
  expect(errorsOf(await staticStep(await readFolder(OURS)))).toEqual([])
})

test('no released migration of ours has changed', async () => {
  const released = readManifest(manifestOf(OURS))?.map(({ name }) => name) ?? []
  expect(released.length).toBeGreaterThanOrEqual(FIRST_RELEASE)
  expect(migrations().map(({ name }) => name)).toEqual(expect.arrayContaining(released))
  expect(releasedTroubles(await readFolder(OURS))).toEqual([])
})

test('the changelog ends its unreleased part with the version of the package', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const [first, last] = [
    ...readFileSync(`${root}CHANGELOG.md`, 'utf8').matchAll(/^## \[(.+?)\](?: - (\S+))?$/gm),
  ]
  expect(first?.[1]).toBe('Unreleased')
  expect([last?.[1], last?.[2]]).toEqual([version, expect.stringMatching(/^\d{4}-\d\d-\d\d$/)])
})
