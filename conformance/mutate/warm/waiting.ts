/**
 * The file that a warm worker is started with. All happens before it (see `runner.ts`), so its one test is skipped: Vitest fails a
 * file without any.
 */
import { test } from '../../harness/index.ts'

test.skip('the worker has done what it was asked', () => {})
