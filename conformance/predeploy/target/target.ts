/** Step 8: the database that is to be migrated. Only reads, and holds no lock that a writer waits for. */
import type { Connection } from '../../connection/index.ts'
import { migrations, type Session } from '../../engines/index.ts'
import { serverOf } from '../../evidence/index.ts'
import { finding, type Report } from '../../report/index.ts'
import { verifySchema } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { type Claim, type StepResult, skipped, together } from '../step.ts'
import { activityStep } from './activity.ts'
import { answered, claim, judgedBy } from './claims.ts'
import { healthStep } from './health.ts'
import { type Identity, identityOf } from './identity.ts'
import { ledgerStep } from './ledger.ts'

/** The oldest and the newest version that the engines try. */
const VERSIONS = { from: 15, to: 18 } as const

const SERVER = claim(
  'server',
  `the server is PostgreSQL ${VERSIONS.from} to ${VERSIONS.to}, and takes writes`,
)
const ROLE = claim('role', 'whoever logs in may create in the database')
const DRIFT = claim('drift', 'the schema is as the target’s own version left it')
const IDENTITY = claim('identity', 'the target says who it is')

/** What the step is told of the target besides its session. */
export interface TargetStep extends StepResult {
  readonly identity: Identity
  readonly server: Report['trial']['servers'][number]
}

/** Judges the target. Needs a transaction of `inReadOnlyTransaction`. */
export async function targetStep(
  session: Session,
  folder: MigrationsFolder,
  connection: Connection,
): Promise<TargetStep> {
  const identity = await identityOf(session, connection)
  const server = await serverOf('database', session)
  const results = [
    {
      findings: [finding(IDENTITY, { outcome: 'passed' })],
      notes: [],
      sections: [await identitySection(session, identity, connection, server)],
    },
    await judgedBy(session, SERVER, serverTroubles),
    await judgedBy(session, ROLE, roleTroubles),
    await ledgerStep(session, folder),
    await driftStep(session, folder),
    await activityStep(session),
    await healthStep(session, folder),
  ]
  return { ...together(results), identity, server }
}

async function identitySection(
  session: Session,
  { host, port, database, project }: Identity,
  { user, source, tls }: Connection,
  { version, regime }: TargetStep['server'],
) {
  const [row] = await session.query(
    'select pg_size_pretty(pg_database_size(current_database())) as size, current_user as role',
  )
  const protection = {
    plain: 'not encrypted',
    unverified: 'encrypted, server not verified',
    verified: 'TLS, server verified',
  }
  return {
    title: 'Target',
    columns: [{ name: 'what' }, { name: 'value' }],
    rows: [
      ...(project ? [['project', project]] : []),
      ['host', host],
      ['port', String(port)],
      ['database', database],
      ['login', `${user}, as ${row?.['role']}`],
      ['named by', source],
      ['connection', protection[tls.kind]],
      ['PostgreSQL', version],
      ['default privileges', regime === 'open' ? 'open: a project of before 2026-05-30' : 'closed'],
      ['size', `${row?.['size']}; free disk is not known from here`],
    ],
  }
}

async function serverTroubles(session: Session) {
  const [row] = await session.query(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major,
            pg_is_in_recovery() as standby`,
  )
  const major = Number(row?.['major'])
  const isKnown = major >= VERSIONS.from && major <= VERSIONS.to
  return [
    ...(isKnown
      ? []
      : [
          {
            objects: ['server'],
            have: `PostgreSQL ${row?.['version']}`,
            want: `PostgreSQL ${VERSIONS.from} to ${VERSIONS.to}`,
            reason: 'Migrations are not tried on this version.',
            hint: 'Upgrade the target, or deploy with a checkout that knows its version.',
          },
        ]),
    ...(row?.['standby'] === 't'
      ? [{ objects: ['server'], reason: 'It is a standby and takes no writes.', hint: 'Name the primary.' }]
      : []),
  ]
}

async function roleTroubles(session: Session) {
  const [row] = await session.query(
    `select current_user as role, has_database_privilege(current_database(), 'create') as creates`,
  )
  if (row?.['creates'] === 't') return []
  return [
    {
      objects: [`role ${row?.['role']}`],
      reason: 'It may not create schemas in the database, and a push needs one for its ledger.',
      hint: 'To deploy, name a login that may, which is postgres on Supabase.',
      severity: 'warning' as const,
    },
  ]
}

/** Only of this checkout's own migrations is it known what they leave. */
async function driftStep(session: Session, folder: MigrationsFolder): Promise<StepResult> {
  if (!isOurs(folder))
    return skipped(
      DRIFT,
      'not run: what these migrations leave behind is recorded for this checkout’s own folder alone',
    )
  return answered(session, DRIFT, async () => {
    const verified = await verifySchema(session)
    if (!verified) return skipped(DRIFT, 'not applicable: nothing of the migrations is there yet')
    const { findings, notes, state } = verified
    return {
      findings: findings.map((each) => ({ ...each, ...underStep(each, DRIFT) })),
      notes: [
        { kind: 'note' as const, group: DRIFT.group, text: state },
        ...notes.map(({ text }) => ({ kind: 'note' as const, group: DRIFT.group, text })),
      ],
    }
  })
}

function underStep({ objects }: { readonly objects?: readonly string[] }, { id, title, group }: Claim) {
  return { id: objects ? `${id}: ${objects.join(', ')}` : id, title, group }
}

/** Whether a folder holds this checkout's own migrations, all of them and nothing else. */
export function isOurs({ files }: MigrationsFolder): boolean {
  const own = migrations()
  return (
    files.length === own.length &&
    files.every(({ name, sql }, i) => name === own[i]?.name && sql === own[i]?.sql)
  )
}

/** The step without a target. */
export function withoutTarget(): StepResult {
  return skipped(IDENTITY, 'not run: no database is named; --db-url, DATABASE_URL and others name one')
}
