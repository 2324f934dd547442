/** The file that a warm worker is started with. All happens before it: see `runner.ts`. */
import { test } from '../../harness/index.ts'

test.skip('the worker has done what it was asked', () => {})
