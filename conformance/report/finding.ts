/**
 * What one check found out: the one model of all verbs. A verb makes findings, a renderer prints them; neither knows the
 * other. The schemas are the types, the JSON Schema and the parser in one.
 */
import { z } from 'zod'

const lines = z.array(z.string()).min(1)

/** What a finding is about, whatever came of it. */
const about = {
  id: z
    .string()
    .min(1)
    .describe(
      'Names the claim for good: the same in every run and on every engine, unique together with `engine`.',
    ),
  title: z.string().min(1).describe('The claim, as a reader can dispute it.'),
  group: z
    .string()
    .min(1)
    .describe('Where the claim stands: the file of a spec, or the part of a verification.'),
  engine: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Where it was tried. Absent for what needs no database.'),
  objects: lines
    .exactOptional()
    .describe('The objects of the database that are concerned, each as Postgres names it.'),
}

/** It was checked, and it is so. */
const Passed = z.object({ ...about, outcome: z.literal('passed') })

/** It was checked, and it is not so. What is there and what should be stands in the fields, never only in a sentence. */
const Failed = z.object({
  ...about,
  outcome: z.literal('failed'),
  at: z.string().min(1).exactOptional().describe('The line of the spec that failed: `file:line`.'),
  have: z.string().exactOptional().describe('What is there; lines are separated by \\n.'),
  want: z.string().exactOptional().describe('What should be there.'),
  extra: lines.exactOptional().describe('Of two lists: what is there and should not be.'),
  missing: lines.exactOptional().describe('Of two lists: what should be there and is not.'),
  reason: z.string().min(1).exactOptional().describe('What is wrong, in words.'),
  hint: z.string().min(1).exactOptional().describe('What to do.'),
})

/** It was not checked, and says why. */
const Skipped = z.object({
  ...about,
  outcome: z.literal('skipped'),
  reason: z
    .string()
    .regex(/^not (applicable|run): /)
    .describe('Why: `not applicable: …` where it makes no sense, `not run: …` where it was left out.'),
  hint: z.string().min(1).exactOptional().describe('What to do.'),
})

/** Checking it was tried, and no answer came. */
const Unchecked = z.object({
  ...about,
  outcome: z.literal('error'),
  reason: z.string().min(1).describe('Why it could not be checked.'),
  hint: z.string().min(1).exactOptional().describe('What to do.'),
})

/** See {@link Finding}. */
export const FindingSchema = z.discriminatedUnion('outcome', [Passed, Failed, Skipped, Unchecked])

/** What one check found out. */
export type Finding = Readonly<z.infer<typeof FindingSchema>>

/** How a check can end. */
export type Outcome = Finding['outcome']

/** Every outcome there is, in the order in which they are counted and printed. */
export const OUTCOMES = ['passed', 'failed', 'skipped', 'error'] as const satisfies readonly Outcome[]

/** What a finding is about. */
export type About = Pick<Finding, keyof typeof about>

/** What came of a check: a finding without what it is about. */
export type Judgement = Finding extends infer Each
  ? Each extends Finding
    ? Omit<Each, keyof About>
    : never
  : never

/** It is so. */
export const PASSED: Judgement = { outcome: 'passed' }

/** It is not so: what is there, what should be, or what is wrong. */
export function failed(evidence: Omit<z.infer<typeof Failed>, keyof About | 'outcome'>): Judgement {
  return { outcome: 'failed', ...evidence }
}

/** The finding of a check. */
export function finding(what: About, judgement: Judgement): Finding {
  return { ...what, ...judgement }
}
