/** A deploy: exactly what a plan says, at one target, one at a time; and then what it has come to. */
import type { Connection } from '../../connection/index.ts'
import { connectRemote, type Session } from '../../engines/index.ts'
import { serverOf } from '../../evidence/index.ts'
import { type Report, verdictOf } from '../../report/index.ts'
import { inReadOnlyTransaction, type Limits, ledgerEntries } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import type { Plan } from '../plan/plan.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together, unchecked } from '../step.ts'
import { identityOf } from '../target/identity.ts'
import { CLAIMS } from './claims.ts'
import { holdsLock, takeLock, withoutOtherPush } from './lock.ts'
import { type Progress, progressSection, pushFinding } from './outcome.ts'
import { type Pushed, type PushOptions, push, takesLockTimeout } from './push.ts'
import { fileTroubles, ledgerState, type PlanState, stateOf } from './state.ts'
import { verifyDeployed } from './verify.ts'

/** How long a push that was cut off may take to end its transaction. */
const ORPHAN_MS = 60_000
const ALIVE_MS = 15_000

const LOCK_LOST: StepResult = {
  findings: [],
  notes: [
    {
      kind: 'warning',
      group: CLAIMS.alone.group,
      text: 'The connection that held the lock was lost during the push: a second deploy could have begun.',
    },
  ],
}

/** What is deployed where, and how. */
export interface Deploy extends PushOptions {
  readonly plan: Plan
  readonly folder: MigrationsFolder
  readonly connection: Connection
  /** How long to wait for another deploy to end. */
  readonly waitMs: number
  /** How long one question of the verification may take. */
  readonly limits?: Limits
  /** Is called when the next thing is to write: from here on the process may be gone without a word. */
  readonly beforePush: () => Promise<void>
}

/** What a deploy comes to. */
export interface Deployed extends StepResult {
  readonly servers: Report['trial']['servers']
}

/** Carries a plan out. Whatever it ends with says what is applied and what is not. */
export async function deploy(task: Deploy): Promise<Deployed> {
  const { plan, folder, connection } = task
  const before = together([
    judged(CLAIMS.fresh, staleness(plan)),
    judged(CLAIMS.files, fileTroubles(plan, folder)),
  ])
  if (stops(before))
    return { ...notRun(before, ['alone', 'target', 'lockTimeout', 'push', 'verified']), servers: [] }
  const session = await connectRemote(connection)
  try {
    const servers = [await serverOf('database', session)]
    return { ...(await alone(session, task, before)), servers }
  } finally {
    await session.close().catch(() => undefined)
  }
}

/** With the lock or not at all. */
async function alone(session: Session, task: Deploy, before: StepResult): Promise<StepResult> {
  const { plan, folder, connection, progress, waitMs, lockTimeoutMs, signal } = task
  const { holder } = await takeLock(session, {
    waitMs,
    signal,
    onWait: (who) => progress(`Waiting for ${who}`),
  })
  const lock = judged(CLAIMS.alone, holder ? [heldBy(holder)] : await othersAtWork(session, task))
  if (stops(lock)) return notRun(together([before, lock]), ['target', 'lockTimeout', 'push', 'verified'])
  if (!(await holdsLock(session)))
    return notRun(
      together([
        before,
        unchecked(
          CLAIMS.alone,
          new Error(
            'The connection keeps no lock: name the target directly, or through a pooler in session mode, which is port 5432 on Supabase.',
          ),
        ),
      ]),
      ['target', 'lockTimeout', 'push', 'verified'],
    )
  const identity = await identityOf(session, connection)
  const state = await inReadOnlyTransaction(session, () => stateOf(session, plan, folder, identity))
  const checked = together([before, lock, judged(CLAIMS.target, state.troubles)])
  if (stops(checked)) return notRun(checked, ['lockTimeout', 'push', 'verified'])
  const takes = plan.pending.length === 0 || (await takesLockTimeout(connection, lockTimeoutMs))
  const ready = together([checked, judged(CLAIMS.lockTimeout, takes ? [] : [drops()])])
  if (stops(ready)) return notRun(ready, ['push', 'verified'])
  return together([ready, continued(state), await pushed(session, task, state)])
}

/** Pushes, and reads what has become of it: by a new session, for the first may be gone. */
async function pushed(session: Session, task: Deploy, { done }: PlanState): Promise<StepResult> {
  const { plan, folder, connection, progress } = task
  const isOpen = done.length < plan.pending.length
  if (isOpen) await task.beforePush()
  const result: Pushed = isOpen
    ? await keepingAlive(session, () => push(connection, folder, task))
    : { ended: 'done' }
  const kept = !isOpen || (await holdsLock(session).catch(() => false))
  progress('Reading what is applied')
  try {
    const reader = await connectRemote(connection)
    try {
      const isOver = await withoutOtherPush(reader, {
        waitMs: ORPHAN_MS,
        onWait: (pids) =>
          progress(
            `Waiting for the server to end what it was sent; \`select pg_terminate_backend(${pids})\` would stop it`,
          ),
      })
      if (!isOver)
        throw new Error('The push was cut off, and the server is still at work on what it had sent.')
      const made = { before: done, after: await applied(reader, task) }
      return together([await outcome(reader, task, made, result), ...(kept ? [] : [LOCK_LOST])])
    } finally {
      await reader.close().catch(() => undefined)
    }
  } catch (error) {
    const hint = 'What is applied is not known: run the same command again, which reads it first.'
    const reason = `${error instanceof Error ? error.message : String(error)} ${hint}`
    return notRun(unchecked(CLAIMS.push, new Error(reason)), ['verified'])
  }
}

async function outcome(
  reader: Session,
  { plan, folder, progress, limits }: Deploy,
  made: Progress,
  result: Pushed,
) {
  const about = pushFinding(plan, folder, result, made)
  const section = { findings: [], notes: [], sections: [progressSection(plan, folder, made, result.at)] }
  if (stops(about)) return notRun(together([about, section]), ['verified'])
  progress('Verifying')
  return together([about, section, await verifyDeployed(reader, folder, limits)])
}

async function applied(reader: Session, { plan, folder }: Deploy): Promise<readonly string[]> {
  return inReadOnlyTransaction(
    reader,
    async () => ledgerState((await ledgerEntries(reader)) ?? [], plan, folder).done,
  )
}

/** A word now and then, so that nothing in between takes the session for forgotten, and the lock with it. */
async function keepingAlive<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void session.query('select').catch(() => undefined), ALIVE_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

async function othersAtWork(session: Session, { waitMs, progress }: Deploy): Promise<Trouble[]> {
  const isAlone = await withoutOtherPush(session, {
    waitMs: Math.max(waitMs, ORPHAN_MS),
    onWait: (pids) => progress(`Waiting for a push that is at work (process ${pids} of the server)`),
  })
  if (isAlone) return []
  return [
    {
      objects: ['target'],
      reason: 'A push of the Supabase CLI is at work there.',
      hint: 'Run the same command again when it has ended.',
    },
  ]
}

function heldBy(holder: string): Trouble {
  return {
    objects: ['target'],
    reason: `Another deploy is at work: ${holder}.`,
    hint: 'Wait until it has ended, then judge the target again; --wait SECONDS waits for it.',
  }
}

function drops(): Trouble {
  return {
    objects: ['target'],
    reason:
      'What stands before the server drops lock_timeout: a migration could wait for a lock without an end, and all others behind it.',
    hint: 'Name the target directly, or through a pooler in session mode.',
  }
}

function staleness({ staleAfter, createdAt }: Plan): Trouble[] {
  if (Date.now() < Date.parse(staleAfter)) return []
  return [
    {
      objects: ['plan'],
      reason: `It was made at ${createdAt} and good until ${staleAfter}.`,
      hint: 'Judge the target again: `npm run predeploy -- --plan FILE`.',
    },
  ]
}

function continued({ done }: PlanState): StepResult {
  if (done.length === 0) return { findings: [], notes: [] }
  const text = `${done.length} files of the plan were applied before this run, exactly as planned. The schemas were not compared with the plan: they have changed by these files.`
  return { findings: [], notes: [{ kind: 'note', group: CLAIMS.target.group, text }] }
}

function stops({ findings }: StepResult): boolean {
  return verdictOf(findings) !== 'passed'
}

function notRun(result: StepResult, claims: readonly (keyof typeof CLAIMS)[]): StepResult {
  const rest: Claim[] = claims.map((name) => CLAIMS[name])
  return together([result, ...rest.map((about) => skipped(about, 'not run: see the findings above'))])
}
