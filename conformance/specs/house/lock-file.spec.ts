/**
 * package-lock.json serves every platform. npm leaves out the optional packages of other platforms when it rewrites the
 * file beside an existing node_modules, and `npm ci` then fails everywhere.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { expect, test } from '../../harness/index.ts'

const { packages } = z
  .object({
    packages: z.record(
      z.string(),
      z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')))

test('every optional package of every platform is locked', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !places(path, name).some((place) => place in packages))
      .map((name) => `${name}, wanted by ${path}`),
  )
  expect(missing, 'write it anew in an empty folder: npm install --package-lock-only').toEqual([])
})

/** Where npm may have put a dependency of the package at `path`: beside it, or in any folder above. */
function places(path: string, name: string): string[] {
  const folders = path
    .split('/node_modules/')
    .map((_, i, parts) => parts.slice(0, i + 1).join('/node_modules/'))
  return ['', ...folders].map((folder) =>
    folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`,
  )
}
