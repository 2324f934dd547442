/**
 * The documentation of the vocabulary: every claim has an example, and each has been compiled and run.
 */

import { expect, test, verb } from '../../harness/index.ts'
import { catalog, examplesSpec, statements } from '../../pgtap/index.ts'

test('every claim has an example', () => {
  const tried = [...examplesSpec().matchAll(/^test\('(\w+)'/gm)].map(([, name]) => name)
  const claims = [...Object.keys(catalog), ...Object.keys(statements)]
  expect(claims.filter((name) => !tried.includes(name))).toEqual([])
})

test('the spec that runs the examples is what the documentation says', async () => {
  const { exitCode, stderr } = await verb('examples', ['--check'])
  expect(stderr).toMatch(/The examples are up to date/)
  expect(exitCode).toBe(0)
})
