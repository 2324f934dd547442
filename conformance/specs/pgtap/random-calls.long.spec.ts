/**
 * pgTAP as the judge of calls that nobody thought of.
 *
 * Method: random calls of every overload, made of the cases and of what is in the catalog, on several search paths. Verdicts must
 * agree; that one of both has none may have an explanation. The calls are the same in every run, so that nobody's change is
 * refused by chance: another seed, or more calls, looks further. A call that fails belongs among the cases.
 */
import fc from 'fast-check'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { signatures } from '../../pgtap/index.ts'
import { anyCall } from './any-call.ts'
import { type Call, wordsOf } from './call.ts'
import { explanations } from './explanations.ts'
import { type Ending, type Trial, trial } from './judge.ts'
import { thingsOfZoo } from './things-of-zoo.ts'

const SEED = 20_260_104
const CALLS_AN_OVERLOAD = 2

needs('pgtap', 'time')('verdicts agree on random calls of every overload', async ({ zoo }) => {
  await zoo.query('select * from extensions.no_plan()')
  const calls = anyCall(await thingsOfZoo(zoo))
  const verdicts = { true: 0, false: 0, none: 0 }
  for (const [name, overloads] of Object.entries(signatures)) {
    for (const overload of overloads) {
      const agreeing = fc.asyncProperty(calls(name, overload), async (call) => {
        const tried = await trial(zoo, call)
        verdicts[verdictOf(tried.pgtap)] += 1
        if (disagree(tried) && !(await isOpen(zoo, call, overload.names))) throw new Error(report(tried))
      })
      await fc.assert(agreeing, { seed: SEED, numRuns: CALLS_AN_OVERLOAD })
    }
  }
  // Calls that never hold, or make no sense, would show nothing.
  const all = verdicts.true + verdicts.false + verdicts.none
  expect(verdicts.true / all).toBeGreaterThan(0.15)
  expect(verdicts.false / all).toBeGreaterThan(0.15)
  expect(verdicts.none / all).toBeLessThan(0.15)
})

function verdictOf(ending: Ending): 'true' | 'false' | 'none' {
  return 'ok' in ending ? (ending.ok ? 'true' : 'false') : 'none'
}

function disagree(tried: Trial): boolean {
  const [theirs, ours] = [verdictOf(tried.pgtap), verdictOf(tried.ours)]
  if (theirs === ours) return false
  return (theirs !== 'none' && ours !== 'none') || !explanations.some(({ applies }) => applies(tried))
}

/**
 * Whether pgTAP itself may decide one way or the other: by a time that was measured; or, where a function is named without its types
 * and there are several, by the one that the server comes to first.
 */
async function isOpen(session: Session, { name, args }: Call, names: readonly string[]): Promise<boolean> {
  if (name.startsWith('performs_')) return true
  if (!names.includes('fn') || names.includes('types')) return false
  const fn = args[names.indexOf('fn')]
  if (!fn || 'query' in fn) return false
  const rows = await session.query('select from pg_proc where proname = $1', [fn.value])
  return rows.length > 1
}

function report({ call, pgtap, ours }: Trial): string {
  const before = call.setup.length > 0 ? `after ${JSON.stringify(call.setup)}\n` : ''
  return `${before}${wordsOf(call)}\npgTAP: ${JSON.stringify(pgtap)}\nours:  ${JSON.stringify(ours)}`
}
