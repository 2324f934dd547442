/** How a check of a full verification is asked and answered, and what becomes of it when the server refuses. */
import { type Session, SqlError } from '../../engines/index.ts'
import { type Finding, failed, finding, type Note, PASSED } from '../../report/index.ts'
import { inSavepoint } from '../savepoint.ts'
import { unanswered } from '../unanswered.ts'
import type { ReadableObjects } from './readable-objects.ts'

/** What is wrong with something. `objects` are what a reader would look for. */
export type Trouble = Parameters<typeof failed>[0] & { readonly objects: readonly string[] }

/** What a check found. Nothing at all: it holds. */
export interface Told {
  readonly broken?: readonly Trouble[]
  readonly warnings?: readonly Trouble[]
  readonly notes?: readonly string[]
}

/** What is claimed, under which name, and where it is told. */
export interface Claim {
  readonly id: string
  readonly title: string
  readonly group: string
}

/** One claim about the data of a database. */
export interface Check extends Claim {
  /** The migration from which on there is something to check. */
  readonly since: string
  /** Tables it reads. */
  readonly reads: readonly string[]
  /** Functions it calls. */
  readonly calls?: readonly string[]
  /** Reads, and answers. A refusal of the server need not be caught. */
  readonly ask: (session: Session, ground: Pick<ReadableObjects, 'version' | 'history'>) => Promise<Told>
}

/** What came of a check, ready to be reported. */
export interface Reported {
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
  readonly notes: readonly Note[]
}

/** Runs a check and reports what came of it: one finding that holds, or one for each trouble, or why nothing was found out. */
export async function runCheck(session: Session, check: Check, ground: ReadableObjects): Promise<Reported> {
  const prevented = preventedBy(check, ground)
  if (prevented) return reported(check, prevented)
  const told = await inSavepoint(session, () => check.ask(session, ground)).catch((error: unknown) =>
    notFoundOut(error, ground),
  )
  return reported(check, told)
}

/** What was told about a claim, or why nothing was, as findings. */
export function reported({ id, title, group }: Claim, told: Told | Unanswered): Reported {
  const about = { id, title, group }
  if ('outcome' in told) return { findings: [finding(about, told)], warnings: [], notes: [] }
  const troubles = (list: readonly Trouble[] = []) =>
    oneEach(list).map(({ objects, ...evidence }) =>
      finding({ ...about, id: `${id}: ${objects.join(', ')}`, objects: [...objects] }, failed(evidence)),
    )
  const findings = troubles(told.broken)
  return {
    findings: findings.length > 0 ? findings : [finding(about, PASSED)],
    warnings: troubles(told.warnings),
    notes: (told.notes ?? []).map((text) => ({ group, text })),
  }
}

/** One trouble for each object, with all that is wrong with it line by line. */
function oneEach(troubles: readonly Trouble[]): Trouble[] {
  const objects = new Map<string, Trouble>()
  for (const trouble of troubles) {
    const name = trouble.objects.join()
    const former = objects.get(name)
    objects.set(name, former ? both(former, trouble) : trouble)
  }
  return [...objects.values()]
}

function both(one: Trouble, other: Trouble): Trouble {
  const lines = (a: string | undefined, b: string | undefined) =>
    [a, b].filter((text) => text !== undefined).join('\n')
  return {
    ...one,
    have: lines(one.have, other.have),
    want: lines(one.want, other.want),
    ...(other.reason && other.reason !== one.reason ? { reason: lines(one.reason, other.reason) } : {}),
  }
}

/** Why nothing was found out. */
export type Unanswered = Extract<Parameters<typeof finding>[1], { outcome: 'skipped' | 'error' }>

function preventedBy({ since, reads, calls = [] }: Check, ground: ReadableObjects): Unanswered | undefined {
  if (ground.version < since)
    return {
      outcome: 'skipped',
      reason: `not applicable: the database has not come to migration ${since} yet.`,
    }
  for (const name of reads) {
    if (ground.foreign.includes(name)) return notRun(`table ${name} is not the product's`)
    const table = ground.tables.get(name)
    if (!table) return notRun(`table ${name} is not there`)
    if (!table.readable)
      return cannot(`${ground.role} may not read ${name}.`, `grant select on copilot_internal.${name} to it.`)
    if (table.hidden)
      return cannot(
        `row level security hides rows of ${name} from ${ground.role}: what it sees says nothing of the rest.`,
        'Connect as a role with BYPASSRLS.',
      )
  }
  for (const name of calls) {
    const called = ground.functions.get(name)
    if (!called) return notRun(`function ${name} is not there`)
    // What is not volatile cannot write: Postgres itself refuses that.
    if (!called.harmless) return notRun(`function ${name} is volatile or a definer's, so it is not called`)
    if (!called.executable)
      return cannot(`${ground.role} may not execute ${name}.`, `grant execute on that function to it.`)
  }
  return undefined
}

function notFoundOut(error: unknown, { schemaHolds, role }: ReadableObjects): Unanswered {
  return schemaHolds || !(error instanceof SqlError) || !/^42(?!501)/.test(error.code)
    ? noAnswer(error, role)
    : notRun(`${error.message} (SQLSTATE ${error.code})`)
}

/** Why the server gave no answer. A connection that is gone, and what is no refusal, is thrown on. */
export function noAnswer(error: unknown, role: string): Unanswered {
  if (!(error instanceof SqlError) || /^(08|57P|25P0[234])/.test(error.code)) throw unanswered(error) ?? error
  const reason = `${error.message} (SQLSTATE ${error.code})`
  switch (error.code) {
    case '57014':
      return cannot(`it took longer than it may: ${reason}.`, 'Allow more with --timeout.')
    case '55P03':
      return cannot(`somebody holds a lock: ${reason}.`, 'Try again when the deployment is over.')
    case '42501':
      return cannot(
        `${role} may not: ${reason}.`,
        'Connect as postgres, or as a role that may read everything.',
      )
    default:
      return cannot(`the server refused: ${reason}.`)
  }
}

function notRun(reason: string): Unanswered {
  return { outcome: 'skipped', reason: `not run: ${reason}; see the findings above.` }
}

function cannot(reason: string, hint?: string): Unanswered {
  return { outcome: 'error', reason, ...(hint ? { hint } : {}) }
}
