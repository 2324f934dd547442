/** The whole contract that can be read without writing. */
import { migrations, type Session, versionOf } from '../../engines/index.ts'
import { type DatedFact, type Fact, history, schemaFacts } from '../../fingerprint/index.ts'
import { broken, type Finding, type FullVerification, finding, KEPT, type Note } from '../../report/index.ts'
import { inSavepoint } from '../savepoint.ts'
import { type Applied, appliedTo } from './applied.ts'
import { detailedCalculation, e2bCalculation, llmCalculation } from './calculations.ts'
import { type Check, groundOf, noAnswer, type Reported, runCheck, type Told, type Trouble } from './check.ts'
import { ledgerFindings, stem } from './ledger.ts'
import { periods } from './periods.ts'
import { closedBooks, holds, quotaPeriods, spend } from './quotas.ts'
import { costs, stamps, unpriced } from './records.ts'
import { schemaDifferences } from './schema.ts'
import { seeds } from './seeds.ts'
import { nameOf } from './wording.ts'

/** The checks of data, in the order in which they are told. */
const checks: readonly Check[] = [
  ...seeds,
  ...periods,
  quotaPeriods,
  closedBooks,
  holds,
  spend,
  ...costs,
  ...stamps,
  ...unpriced,
  llmCalculation,
  e2bCalculation,
  detailedCalculation,
]

/**
 * Reads all that the contract promises of a database, at the database's own version, and answers what holds and what does
 * not. Needs a transaction, writes nothing, and calls no function that could. A refusal of the server is a finding that says
 * so; a lost connection is thrown.
 */
export async function verifyFull(session: Session): Promise<FullVerification> {
  const [me] = await session.query('select current_user as role')
  const role = me?.['role'] ?? ''
  const read = await inSavepoint(session, () => factsOf(session)).catch((error: unknown) =>
    noAnswer(error, role),
  )
  if ('outcome' in read)
    return {
      state: 'The schema could not be read.',
      findings: [finding({ id: 'full/schema', title: SCHEMA_HOLDS, group: 'schema' }, read)],
      warnings: [],
      notes: [],
    }
  const past = history()
  const applied = appliedTo(read.facts, past, migrations())
  const ledger = await ledgerOf(session, applied, role)
  const schema = schemaOf(read.facts, past, applied)
  if (!applied.file) return { state: stateOf(applied), ...together([ledger, schema]) }

  const ground = await groundOf(session, {
    version: versionOf(applied.file),
    history: past,
    schemaHolds: schema.findings.every(({ outcome }) => outcome === 'kept'),
  })
  const reports = [ledger, schema]
  for (const check of checks) reports.push(await runCheck(session, check, ground))
  return { state: stateOf(applied), ...together(reports) }
}

const SCHEMA_HOLDS = 'Schema, privileges and policies are as the migrations left them'

const NOTHING: Finding = finding(
  { id: 'full/schema', title: SCHEMA_HOLDS, group: 'schema', objects: ['schema copilot_internal'] },
  broken({
    have: 'nothing of what the migrations create',
    want: 'what they create',
    hint: 'Apply supabase/migrations: with `supabase db push`, or with psql.',
  }),
)

/** The facts of the schema; none where there is no schema. */
async function factsOf(session: Session): Promise<{ facts: readonly Fact[] }> {
  const [schema] = await session.query(`select to_regnamespace('copilot_internal') is not null as found`)
  return { facts: schema?.['found'] === 't' ? await schemaFacts(session) : [] }
}

function stateOf({ file, halfWay }: Applied): string {
  if (!file && !halfWay) return 'None of the migrations is applied.'
  const files = migrations()
  const count = files.findIndex(({ name }) => name === file?.name) + 1
  const half = halfWay ? `; ${stem(halfWay.file)} was left half-way` : ''
  return `Migrated to ${file ? stem(file) : 'none of them'}: ${count} of ${files.length} migrations${half}.`
}

async function ledgerOf(session: Session, { file }: Applied, role: string): Promise<Reported> {
  const about = {
    id: 'full/migrations',
    title: 'The ledger of migrations agrees with the files and with what is there',
    group: 'migrations',
  }
  const told = await inSavepoint(session, () => ledgerFindings(session, file)).catch((error: unknown) =>
    noAnswer(error, role),
  )
  if ('outcome' in told) return { findings: [finding(about, told)], warnings: [], notes: [] }
  return reported(about, told)
}

function schemaOf(facts: readonly Fact[], past: readonly DatedFact[], applied: Applied): Reported {
  if (!applied.file && !applied.halfWay) return { findings: [NOTHING], warnings: [], notes: [] }
  const told = schemaDifferences(facts, past, applied)
  const about = { id: 'full/schema', title: SCHEMA_HOLDS, group: 'schema' }
  return reported(about, { ...told, broken: [...unfinished(applied), ...(told.broken ?? [])] })
}

function unfinished({ halfWay }: Applied): Trouble[] {
  if (!halfWay) return []
  const { file, present, missing } = halfWay
  const things = missing.filter(
    ({ object, fact }) =>
      fact === 'definition' ||
      !missing.some((other) => other.object === object && other.fact === 'definition'),
  )
  const names = things.map(({ object, fact, value }) =>
    fact === 'definition'
      ? nameOf(object, value)
      : `${fact.replace(/: definition$/, '')} of ${nameOf(object)}`,
  )
  return [
    {
      objects: [`migration ${stem(file)}`],
      have: `applied half-way: ${present.length} of ${present.length + missing.length} things that it creates`,
      want: `also ${names.join(', ')}`,
      hint: 'Run its file again: that is safe after any part of it.',
    },
  ]
}

function reported(about: { id: string; title: string; group: string }, told: Told): Reported {
  const findings = (told.broken ?? []).map(({ objects, ...evidence }) =>
    finding({ ...about, id: `${about.id}: ${objects.join(', ')}`, objects: [...objects] }, broken(evidence)),
  )
  return {
    findings: findings.length > 0 ? findings : [finding(about, KEPT)],
    warnings: [],
    notes: (told.notes ?? []).map((text): Note => ({ group: about.group, text })),
  }
}

function together(reports: readonly Reported[]): Reported {
  return {
    findings: reports.flatMap(({ findings }) => findings),
    warnings: reports.flatMap(({ warnings }) => warnings),
    notes: reports.flatMap(({ notes }) => notes),
  }
}
