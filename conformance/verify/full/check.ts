/** How a check of a full verification is asked and answered, and what becomes of it when the server refuses. */
import { type Session, SqlError } from '../../engines/index.ts'
import type { DatedFact } from '../../fingerprint/index.ts'
import { broken, type Finding, finding, KEPT, type Note } from '../../report/index.ts'
import { inSavepoint } from '../savepoint.ts'
import { unanswered } from '../unanswered.ts'

/** What is wrong with something. `objects` are what a reader would look for. */
export type Trouble = Parameters<typeof broken>[0] & { readonly objects: readonly string[] }

/** What a check found. Nothing at all: it holds. */
export interface Told {
  readonly broken?: readonly Trouble[]
  readonly warnings?: readonly Trouble[]
  readonly notes?: readonly string[]
}

/** One claim about the data of a database. */
export interface Check {
  readonly id: string
  readonly title: string
  readonly group: string
  /** The migration from which on there is something to check. */
  readonly since: string
  /** Tables it reads. */
  readonly reads: readonly string[]
  /** Functions it calls. */
  readonly calls?: readonly string[]
  /** Reads, and answers. A refusal of the server need not be caught. */
  readonly ask: (session: Session, ground: Pick<Ground, 'version' | 'history'>) => Promise<Told>
}

/** What came of a check, ready to be reported. */
export interface Reported {
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
  readonly notes: readonly Note[]
}

/** What a check can rely on. */
export interface Ground {
  /** The last migration that is there. */
  readonly version: string
  /** What the migrations of this checkout add up to, after each of them. */
  readonly history: readonly DatedFact[]
  /** Whether the schema is as that migration left it: if not, a query that fails has been explained already. */
  readonly schemaHolds: boolean
  readonly tables: ReadonlyMap<string, { readonly readable: boolean; readonly hidden: boolean }>
  readonly functions: ReadonlyMap<string, { readonly executable: boolean; readonly harmless: boolean }>
  readonly role: string
}

/** Finds out what the session may read and call. */
export async function groundOf(
  session: Session,
  about: Pick<Ground, 'version' | 'history' | 'schemaHolds'>,
): Promise<Ground> {
  const tables = await session.query(
    `select c.relname as name, has_table_privilege(c.oid, 'select') as readable,
            row_security_active(c.oid) and not coalesce(p.shows_all, false) as hidden
     from pg_catalog.pg_class as c
     left join lateral (
       select bool_and(polpermissive) and bool_or(
                pg_get_expr(polqual, polrelid) = 'true'
                and exists (select from unnest(polroles) as role where role = 0 or pg_has_role(role, 'usage'))
              ) as shows_all
       from pg_catalog.pg_policy where polrelid = c.oid and polcmd in ('r', '*')
     ) as p on true
     where c.relnamespace = to_regnamespace('copilot_internal') and c.relkind in ('r', 'p')`,
  )
  const functions = await session.query(
    `select p.proname as name, bool_and(has_function_privilege(p.oid, 'execute')) as executable,
            bool_and(p.provolatile <> 'v' and not p.prosecdef) as harmless
     from pg_catalog.pg_proc as p where p.pronamespace = to_regnamespace('copilot_internal') group by p.proname`,
  )
  const [me] = await session.query('select current_user as role')
  return {
    ...about,
    role: me?.['role'] ?? '',
    tables: new Map(
      tables.map(({ name, readable, hidden }) => [
        name ?? '',
        { readable: readable === 't', hidden: hidden === 't' },
      ]),
    ),
    functions: new Map(
      functions.map(({ name, executable, harmless }) => [
        name ?? '',
        { executable: executable === 't', harmless: harmless === 't' },
      ]),
    ),
  }
}

/** Runs a check and reports what came of it: one finding that holds, or one for each trouble, or why nothing was found out. */
export async function runCheck(session: Session, check: Check, ground: Ground): Promise<Reported> {
  const { id, title, group } = check
  const alone = (judgement: Parameters<typeof finding>[1]): Reported => ({
    findings: [finding({ id, title, group }, judgement)],
    warnings: [],
    notes: [],
  })
  const prevented = preventedBy(check, ground)
  if (prevented) return alone(prevented)
  const told = await inSavepoint(session, () => check.ask(session, ground)).catch((error: unknown) =>
    notFoundOut(error, ground),
  )
  if ('outcome' in told) return alone(told)
  const troubles = (list: readonly Trouble[] = []) =>
    list.map(({ objects, ...evidence }) =>
      finding({ id: `${id}: ${objects.join(', ')}`, title, group, objects: [...objects] }, broken(evidence)),
    )
  const findings = troubles(told.broken)
  return {
    findings: findings.length > 0 ? findings : [finding({ id, title, group }, KEPT)],
    warnings: troubles(told.warnings),
    notes: (told.notes ?? []).map((text) => ({ group, text })),
  }
}

type Untold = Extract<
  Parameters<typeof finding>[1],
  { outcome: 'not applicable' | 'not run' | 'could not check' }
>

function preventedBy({ since, reads, calls = [] }: Check, ground: Ground): Untold | undefined {
  if (ground.version < since)
    return { outcome: 'not applicable', reason: `the database has not come to migration ${since} yet.` }
  for (const name of reads) {
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

function notFoundOut(error: unknown, { schemaHolds, role }: Ground): Untold {
  return schemaHolds || !(error instanceof SqlError) || !/^42(?!501)/.test(error.code)
    ? noAnswer(error, role)
    : notRun(`${error.message} (SQLSTATE ${error.code})`)
}

/** Why the server gave no answer. A connection that is gone, and what is no refusal, is thrown on. */
export function noAnswer(error: unknown, role: string): Untold {
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

function notRun(reason: string): Untold {
  return { outcome: 'not run', reason: `${reason}; see the findings above.` }
}

function cannot(reason: string, hint?: string): Untold {
  return { outcome: 'could not check', reason, ...(hint ? { hint } : {}) }
}
