/** The whole contract that can be read without writing. */

import { type Fact, history, schemaFacts } from '../../catalog/index.ts'
import { type Migration, migrations, type Session, versionOf } from '../../engines/index.ts'
import type { FullVerification } from '../../report/index.ts'
import { type ForeignTable, foreignTables } from '../foreign.ts'
import { inSavepoint } from '../savepoint.ts'
import { type Applied, appliedTo, leavesTraces } from './applied.ts'
import { e2bCalculation, llmCalculation } from './calculations.ts'
import { type Check, type Claim, noAnswer, type Reported, reported, runCheck } from './check.ts'
import { corrections } from './corrections.ts'
import { laterObjects } from './default-privileges.ts'
import { detailedCalculation } from './detailed-calculation.ts'
import { leading } from './leading.ts'
import { ledgerFindings, stem } from './ledger.ts'
import { aliases } from './names.ts'
import { periods } from './periods.ts'
import { closedBooks, holds, quotaPeriods } from './quotas.ts'
import { readableObjects } from './readable-objects.ts'
import { costs, estimates, laterPrices, marks, rates, stamps, times, unpriced } from './records.ts'
import { requests } from './requests.ts'
import { reservations } from './reservations.ts'
import { rollups } from './rollups.ts'
import { schemaFindings } from './schema.ts'
import { seeds } from './seeds.ts'
import { spend } from './spend.ts'

/** The checks of data, in the order in which they are told. */
const checks: readonly Check[] = [
  laterObjects,
  ...seeds,
  ...periods,
  aliases,
  quotaPeriods,
  closedBooks,
  holds,
  spend,
  reservations,
  ...marks,
  ...costs,
  ...times,
  ...stamps,
  rates,
  estimates,
  ...unpriced,
  ...laterPrices,
  ...rollups,
  requests,
  corrections,
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
  const asked = <T>(work: () => Promise<T>) =>
    inSavepoint(session, work).catch((error: unknown) => noAnswer(error, role))

  const facts = await asked(() => factsOf(session))
  if ('outcome' in facts) return { state: UNREAD, leading: [], ...reported(SCHEMA, facts) }
  const past = history()
  const foreign = await asked(() => foreignTables(session))
  if ('outcome' in foreign) return { state: UNREAD, leading: [], ...reported(SCHEMA, foreign) }
  const ours = facts.filter(({ object }) => !foreign.some(({ table }) => object === `relation ${table}`))
  const found = appliedTo(ours, past, migrations())
  // What is there by the names of somebody else's tables is no file left half-way.
  const applied = foreign.length > 0 && !found.file ? { ...found, halfWay: undefined } : found
  const traced = (file: Migration) => leavesTraces(file, past)
  const ledger = reported(LEDGER, await asked(() => ledgerFindings(session, applied.file, traced)))
  const schema = reported(SCHEMA, schemaFindings(ours, past, applied, foreign))
  const reports = [ledger, schema]
  if (applied.file) {
    const schemaHolds = schema.findings.every(({ outcome }) => outcome === 'passed')
    const version = versionOf(applied.file)
    const names = foreign.map(({ table }) => table)
    const ground = await readableObjects(session, { version, history: past, schemaHolds, foreign: names })
    for (const check of checks) reports.push(await runCheck(session, check, ground))
  }
  const all = together(reports)
  const state = [stateOf(applied), ...somebodyElses(foreign)].join(' ')
  return { state, leading: leading(all.findings), ...all }
}

/**
 * Of a full verification the schema alone: objects, privileges and policies as the database's own version left them. Nothing
 * where none of the migrations is there.
 */
export async function verifySchema(
  session: Session,
): Promise<(Reported & { readonly state: string }) | undefined> {
  const [me] = await session.query('select current_user as role')
  const asked = <T>(work: () => Promise<T>) =>
    inSavepoint(session, work).catch((error: unknown) => noAnswer(error, me?.['role'] ?? ''))
  const facts = await asked(() => factsOf(session))
  if ('outcome' in facts) return { state: UNREAD, ...reported(SCHEMA, facts) }
  const foreign = await asked(() => foreignTables(session))
  if ('outcome' in foreign) return { state: UNREAD, ...reported(SCHEMA, foreign) }
  const ours = facts.filter(({ object }) => !foreign.some(({ table }) => object === `relation ${table}`))
  const found = appliedTo(ours, history(), migrations())
  const applied = foreign.length > 0 && !found.file ? { ...found, halfWay: undefined } : found
  if (!applied.file && !applied.halfWay && foreign.length === 0) return undefined
  const state = [stateOf(applied), ...somebodyElses(foreign)].join(' ')
  return { state, ...reported(SCHEMA, schemaFindings(ours, history(), applied, foreign)) }
}

const UNREAD = 'The schema could not be read.'

const SCHEMA: Claim = {
  id: 'full/schema',
  title: 'Schema, privileges and policies are as the migrations left them',
  group: 'schema',
}

const LEDGER: Claim = {
  id: 'full/migrations',
  title: 'The ledger of migrations agrees with the files and with what is there',
  group: 'migrations',
}

/** The facts of the schema; none where there is no schema. */
async function factsOf(session: Session): Promise<Fact[]> {
  const [schema] = await session.query(`select to_regnamespace('copilot_internal') is not null as found`)
  return schema?.['found'] === 't' ? schemaFacts(session) : []
}

function stateOf({ file, halfWay }: Applied): string {
  if (!file && !halfWay) return 'None of the migrations is applied.'
  const files = migrations()
  const count = files.findIndex(({ name }) => name === file?.name) + 1
  const half = halfWay ? `; ${stem(halfWay.file)} was left half-way` : ''
  return `Migrated to ${file ? stem(file) : 'none of them'}: ${count} of ${files.length} migrations${half}.`
}

function somebodyElses(foreign: readonly ForeignTable[]): string[] {
  if (foreign.length === 0) return []
  return [`Somebody else's, under names of the product: ${foreign.map(({ table }) => table).join(', ')}.`]
}

function together(reports: readonly Reported[]): Reported {
  return {
    findings: reports.flatMap(({ findings }) => findings),
    warnings: reports.flatMap(({ warnings }) => warnings),
    notes: reports.flatMap(({ notes }) => notes),
  }
}
