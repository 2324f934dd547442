/** How a claim about the target is asked: what the server refuses is not checked, and never passed. */
import type { Session } from '../../engines/index.ts'
import { finding } from '../../report/index.ts'
import { inSavepoint, noAnswer } from '../../verify/index.ts'
import { type Claim, judged, type StepResult, type Trouble } from '../step.ts'

/** A claim of this step. */
export function claim(name: string, title: string): Claim {
  return { id: `target/${name}`, title, group: 'target' }
}

/** What `ask` finds wrong, as the findings of a claim; a refusal of the server is a finding that says so. */
export async function judgedBy(
  session: Session,
  about: Claim,
  ask: (session: Session) => Promise<readonly Trouble[]>,
): Promise<StepResult> {
  return answered(session, about, async () => judged(about, await ask(session)))
}

/** What `work` comes to, or why the server gave no answer. */
export async function answered(
  session: Session,
  about: Claim,
  work: () => Promise<StepResult>,
): Promise<StepResult> {
  return inSavepoint(session, work).catch(async (error: unknown) => {
    const [me] = await session.query('select current_user as role')
    return { findings: [finding(about, noAnswer(error, me?.['role'] ?? ''))], notes: [] }
  })
}

/** Schemas of the system. */
export const SYSTEM = `(n.nspname like 'pg\\_%' or n.nspname = 'information_schema')`

/** Schemas that Supabase makes and changes by itself, and whose objects no migration of a project makes. */
export const PLATFORM_SCHEMAS = [
  ...[
    '_analytics',
    '_realtime',
    'auth',
    'cron',
    'extensions',
    'graphql',
    'graphql_public',
    'net',
    'pgbouncer',
  ],
  ...[
    'pgmq',
    'pgsodium',
    'pgsodium_masks',
    'realtime',
    'storage',
    'supabase_functions',
    'supabase_migrations',
  ],
  'vault',
] as const
