/**
 * pgTAP as the judge of our vocabulary: every function of it, passing and failing, beside ours.
 *
 * Method: both are called with the same arguments on the same catalog (`fixtures/zoo.sql`), in one transaction. Verdicts must
 * agree on every call. Words may differ where an explanation says why, and on no more than three calls in a hundred.
 */
import { describe, expect, needs } from '../../harness/index.ts'
import { type Call, wordsOf } from './call.ts'
import { cases } from './cases.ts'
import { explanations } from './explanations.ts'
import { type Ending, type Trial, trial } from './judge.ts'

const test = needs('pgtap')
const differing: Trial[] = []
const verdicts = new Set<string>()

/** What cannot but hold, or cannot but be broken: no server since PostgreSQL 14 has an operator behind its operand. */
const ONE_SIDED = ['fail true', 'has_rightop true', 'hasnt_rightop false', 'pass false']

describe('verdict, description and diagnostics are those of pgTAP’s', () => {
  for (const [name, calls] of callsByName()) {
    test(`${name}, in ${calls.length} calls`, async ({ zoo }) => {
      await zoo.query('select * from extensions.no_plan()')
      const trials: Trial[] = []
      for (const call of calls) trials.push(await trial(zoo, call))
      const others = trials.filter(({ pgtap, ours }) => words(pgtap) !== words(ours))
      differing.push(...others)
      for (const { pgtap } of trials) if ('ok' in pgtap) verdicts.add(`${name} ${pgtap.ok}`)
      expect(others.filter(unexplained).map(report)).toEqual([])
    })
  }

  test('each function is seen to hold and to be broken', () => {
    const both = [...callsByName().keys()].flatMap((name) => [`${name} true`, `${name} false`])
    expect(both.filter((verdict) => !verdicts.has(verdict)).sort()).toEqual(ONE_SIDED)
  })

  test('words differ on three calls in a hundred at most', () => {
    expect(differing.length / cases.length).toBeLessThanOrEqual(0.03)
  })

  test('every explanation still explains a difference', () => {
    const idle = explanations.filter(({ applies }) => !differing.some(applies)).map(({ reason }) => reason)
    expect(idle).toEqual([])
  })
})

function callsByName(): Map<string, Call[]> {
  const byName = new Map<string, Call[]>()
  for (const call of cases) byName.set(call.name, [...(byName.get(call.name) ?? []), call])
  return byName
}

/** What is compared. Records come in whatever order the server found them, and a refusal is a refusal. */
function words(ending: Ending): string {
  if ('refused' in ending) return 'refused'
  const { ok, description, diagnostics } = ending
  return JSON.stringify([ok, description, diagnostics.replaceAll(/(?<= records:\n)(?: {8}.*\n?)+/g, sorted)])
}

function sorted(lines: string): string {
  return lines.split('\n').filter(Boolean).sort().join('\n')
}

/** A verdict that differs is never explained away; that one of both has none may be. */
function unexplained(trial: Trial): boolean {
  const [theirs, ours] = [trial.pgtap, trial.ours].map((ending) => ('ok' in ending ? ending.ok : undefined))
  if (theirs !== undefined && ours !== undefined && theirs !== ours) return true
  return !explanations.some(({ applies }) => applies(trial))
}

function report({ call, pgtap, ours }: Trial): string {
  return `${wordsOf(call)}\npgTAP: ${words(pgtap)}\nours:  ${words(ours)}`
}
