/**
 * What a verb found out, as a whole. Two runs on the same input give equal reports but for the `header`, so nothing that
 * depends on the clock or on the machine may stand anywhere else.
 */
import { z } from 'zod'
import { type Finding, FindingSchema, OUTCOMES, type Outcome } from './finding.ts'
import { SectionSchema } from './section.ts'

/** Of the JSON report: the first number changes when a reader of the former could be misled, the second when something is added. */
export const SCHEMA_VERSION = '2.0'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const count = z.int().min(0)

const Header = z
  .object({
    startedAt: z.iso.datetime().describe('When the run started, in UTC.'),
    durationMs: count.describe('How long it took, in milliseconds.'),
    host: z.string().describe('The machine the verb ran on, not the database.'),
    node: z.string().describe('The version of Node.js, and the platform.'),
  })
  .describe('All that may differ between two runs on the same input.')

/** A server that answered. */
export const ServerSchema = z.object({
  engine: z.string().min(1).describe('The name the findings use.'),
  version: z.string().min(1).describe('As the server says it.'),
  regime: z
    .enum(['open', 'closed'])
    .exactOptional()
    .describe('The default privileges of the platform: `open` before 2026-05-30, `closed` from then on.'),
})

/** A server that answered. */
export type Server = Readonly<z.infer<typeof ServerSchema>>

const Trial = z.object({
  command: z.string().min(1).describe('What reproduces this report. Holds no secret.'),
  migrations: z.array(z.object({ name: z.string(), sha256 })).describe('The files of the product, in order.'),
  servers: z.array(ServerSchema).describe('Every server that answered, by engine.'),
  notStarted: z
    .array(z.object({ engine: z.string(), reason: z.string() }))
    .describe('Engines that did not take part, and why.'),
})

/** What a role may do with an object. */
export const PrivilegesSchema = z.object({
  kind: z.enum(['table', 'view', 'sequence', 'function']),
  object: z.string(),
  role: z.string(),
  privileges: z.array(z.string()).describe('In effect, however they were granted. Empty: closed.'),
})

/** What a role may do with an object. */
export type Privileges = Readonly<z.infer<typeof PrivilegesSchema>>

const Access = z.object({
  engines: z.array(z.string()).describe('Where it was read: engines that answered the same stand together.'),
  cells: z.array(PrivilegesSchema),
})

/** An object or a price of a migrated database that is not as recorded. */
export const ChangeSchema = z.object({
  object: z.string().min(1),
  have: z.string().exactOptional().describe('What is there; lines are separated by \\n.'),
  want: z.string().exactOptional().describe('What is recorded.'),
})

/** An object or a price of a migrated database that is not as recorded. */
export type Change = Readonly<z.infer<typeof ChangeSchema>>

const Since = z.object({
  base: z.string().min(1).describe('The branch or release that is compared with, and its commit.'),
  migrations: z.array(z.object({ name: z.string(), state: z.enum(['added', 'changed', 'removed']) })),
  changes: z
    .array(ChangeSchema)
    .describe('Of supabase/schema.facts.jsonl: `have` is this checkout, `want` the base.'),
})

const Prices = z.object({
  asOf: day,
  sources: z
    .array(z.object({ id: z.string(), what: z.string() }))
    .describe('What the ids of the lines stand for.'),
  lines: z.array(
    z.object({
      list: z.enum(['llm', 'e2b']),
      name: z.string(),
      of: z.string().describe('The provider of a model, the region of a tier.'),
      prices: z.array(
        z.object({ what: z.string(), usd: z.string().regex(/^\d+(\.\d+)?$/), per: z.string() }),
      ),
      sources: z.array(z.string()).describe('Ids of the sources that were compared.'),
      verifiedOn: day,
      note: z
        .string()
        .exactOptional()
        .describe('What is to be known about it, such as that it is a placeholder.'),
    }),
  ),
})

/** How an engine's answer to a question stands to the answer of reference. */
export const AgreementLineSchema = z.object({
  engine: z.string(),
  probe: z.string(),
  agrees: z.boolean(),
  note: z.string().exactOptional().describe('Why it differs, or what is wrong.'),
})

/** How an engine's answer to a question stands to the answer of reference. */
export type AgreementLine = Readonly<z.infer<typeof AgreementLineSchema>>

const Agreement = z.object({
  reference: z.string().describe('The engine that the others are compared with.'),
  lines: z.array(AgreementLineSchema),
})

const Mutation = z.object({
  noticed: count,
  total: count.describe('The score is noticed / total.'),
  survivors: z.array(z.object({ mutant: z.string(), change: z.string() })).describe('What no claim noticed.'),
})

const Note = z.object({
  kind: z
    .enum(['warning', 'note'])
    .describe('What costs money but is no finding; what is only good to know.'),
  group: z.string(),
  text: z.string(),
})

/** See {@link Report}. */
export const ReportSchema = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    verb: z.string().min(1).describe('The npm script that made the report, such as `test`.'),
    verdict: z
      .enum(['passed', 'failed', 'error'])
      .describe(
        'All that was checked passed; something failed; nothing failed, but not all could be checked.',
      ),
    header: Header,
    trial: Trial.describe('What was on trial.'),
    findings: z.array(FindingSchema),
    changes: z
      .array(ChangeSchema.extend({ engines: z.array(z.string()).describe('Where it was found.') }))
      .exactOptional()
      .describe(
        'Where migrated databases differ from supabase/schema.facts.jsonl: the likely cause of what failed.',
      ),
    since: Since.exactOptional().describe(
      'What this checkout changes of the schema and the seeded prices, where git knows a base.',
    ),
    notes: z.array(Note).exactOptional().describe('What is no finding, and does not count.'),
    sections: z
      .array(SectionSchema)
      .exactOptional()
      .describe('What the verb has to show beside findings, in order.'),
    access: z.array(Access).exactOptional().describe('Who may do what: role × object, where it was read.'),
    prices: Prices.exactOptional().describe('The price list with its sources.'),
    agreement: Agreement.exactOptional().describe(
      'Probes that differ from the reference, where they were asked.',
    ),
    mutation: Mutation.exactOptional().describe(
      'How many planted faults were noticed, where some were planted.',
    ),
  })
  .meta({ title: 'Conformance report' })

/** What a verb found out. */
export type Report = Readonly<z.infer<typeof ReportSchema>>

/** In a word, what the findings come to. No finding, or nothing that could be tried, is never `passed`. */
export function verdictOf(findings: readonly Finding[]): Report['verdict'] {
  const counts = countsOf(findings)
  if (counts.failed > 0) return 'failed'
  return counts.passed > 0 && counts.error === 0 ? 'passed' : 'error'
}

/** How many findings ended in each way. All renderers count with this. */
export function countsOf(findings: readonly Finding[]): Record<Outcome, number> {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  for (const { outcome } of findings) counts[outcome] += 1
  return counts
}

/** A report, complete with version and verdict. */
export function reportOf(parts: Omit<Report, 'schemaVersion' | 'verdict'>): Report {
  return { schemaVersion: SCHEMA_VERSION, verdict: verdictOf(parts.findings), ...parts }
}
