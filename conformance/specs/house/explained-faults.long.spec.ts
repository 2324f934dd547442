/**
 * fixtures/mutants-explained.json: whoever changes a function takes out what was said of its former faults.
 *
 * Method: all faults that `npm run mutate` could plant, from the version of PostgreSQL that it plants them in.
 */
import { migrations } from '../../engines/index.ts'
import { expect, onTestFinished, referenceServer, test } from '../../harness/index.ts'
import { allFaults, EXPLAINED_FILE, explainedIn, locatedStatements } from '../../mutate/index.ts'

test('each fault that is explained can be planted', async () => {
  const server = await referenceServer()
  onTestFinished(() => server.stop())
  const session = await (await server.open()).connect()
  const files = migrations()
  const faults = await allFaults(files, await locatedStatements(files), session)
  await session.close()
  const ids = new Set(faults.map(({ id }) => id))
  const explained = [...explainedIn(EXPLAINED_FILE).keys()]
  expect(explained.length).toBeGreaterThan(0)
  expect(explained.filter((id) => !ids.has(id))).toEqual([])
})
