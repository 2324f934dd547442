import { migrationsOnTrial } from '../evidence/index.ts'
import {
  type Finding,
  type FullVerification,
  finding,
  type Privileges,
  type Report,
  reportOf,
  type Server,
} from '../report/index.ts'
import { headerOf, type When } from './header-of.ts'

/** What a verification read. */
export interface Verification {
  /** The nine checks of phase 1, and a tenth where a migration is applied in part. */
  readonly nine: readonly Finding[]
  /** How many of the migrations are applied. */
  readonly applied: number
  /** All else that can be read, where it was asked for. */
  readonly whole?: FullVerification | undefined
  readonly server: Server
  readonly access: readonly Privileges[]
}

/** How the report is to be made. */
export interface Circumstances extends When {
  readonly command: string
  /** Whether warnings count as findings. */
  readonly strict: boolean
}

/** The report of a verification, or, with the error in its place, of one that came to nothing. */
export function reportOfVerification(
  verified: Verification | Error,
  { command, strict, ...when }: Circumstances,
): Report {
  const trial = { command, migrations: migrationsOnTrial(), notStarted: [] }
  const header = headerOf(when)
  const verb = 'verify:phase1'
  if (verified instanceof Error)
    return reportOf({ verb, header, trial: { ...trial, servers: [] }, findings: [nothing(verified)] })

  const { nine, whole, server, access } = verified
  const { findings = [], warnings = [] } = whole ?? {}
  const counted = [...nine, ...findings, ...(strict ? warnings : [])]
  const notes = notesOf(whole, strict)
  return reportOf({
    verb,
    header,
    trial: { ...trial, servers: [server] },
    findings: counted.map((one) => ({ ...one, engine: server.engine })),
    ...(notes.length === 0 ? {} : { notes }),
    ...(access.length === 0 ? {} : { access: [{ engines: [server.engine], cells: [...access] }] }),
  })
}

function nothing(error: Error): Finding {
  const about = { id: 'verification', title: 'the database can be verified', group: 'connection' }
  return finding(about, { outcome: 'error', reason: error.message || error.name })
}

function notesOf(whole: FullVerification | undefined, strict: boolean): NonNullable<Report['notes']> {
  if (!whole) return []
  return [
    { kind: 'note', group: 'migrations', text: whole.state },
    ...(strict ? [] : whole.warnings).map(({ group, title }) => ({
      kind: 'warning' as const,
      group,
      text: title,
    })),
    ...whole.notes.map(({ group, text }) => ({ kind: 'note' as const, group, text })),
  ]
}
