/**
 * fixtures/mutants-explained.json: whoever changes a function takes out what was said of its former faults.
 */
import { migrations } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { allFaults, EXPLAINED_FILE, explainedIn, locatedStatements } from '../../mutate/index.ts'

needs('bulk-catalog-work', 'thorough-run')(
  'each fault that is explained can be planted',
  async ({ session }) => {
    const files = migrations()
    const faults = await allFaults(files, await locatedStatements(files), session)
    const ids = new Set(faults.map(({ id }) => id))
    const explained = [...explainedIn(EXPLAINED_FILE).keys()]
    expect(explained.length).toBeGreaterThan(0)
    expect(explained.filter((id) => !ids.has(id))).toEqual([])
  },
)
