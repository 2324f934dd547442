/** A target against the plan that is to be carried out there. */
import type { Session } from '../../engines/index.ts'
import { editSince, type LedgerEntry, ledgerEntries } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { targetFingerprint } from '../plan/fingerprint.ts'
import { hashOf, noted, type Plan } from '../plan/plan.ts'
import type { Trouble } from '../step.ts'
import { type Identity, placeOf } from '../target/identity.ts'

const AGAIN = 'Judge it again: `npm run predeploy -- --plan FILE`.'

/** What is there of a plan. */
export interface PlanState {
  /** Of the pending files, those that the ledger has, exactly as planned. */
  readonly done: readonly string[]
  readonly troubles: readonly Trouble[]
}

/** What of a plan’s files is not as it was. */
export function fileTroubles(plan: Plan, { files }: MigrationsFolder): Trouble[] {
  const planned = new Map(plan.files.map(({ name, sha256 }) => [name, sha256]))
  const here = new Map(files.map(({ name, bytes }) => [name, hashOf(bytes)]))
  const wrong = [...new Set([...planned.keys(), ...here.keys()])].sort().flatMap((name) => {
    const [want, have] = [planned.get(name), here.get(name)]
    if (want === have) return []
    return [
      {
        name,
        reason: !want
          ? 'It is new since the plan.'
          : !have
            ? 'It is gone since the plan.'
            : 'It was changed since the plan.',
      },
    ]
  })
  return wrong.map(({ name, reason }) => ({ objects: [name], reason, hint: AGAIN }))
}

/** What of the target is not as the plan has it. Reads only. */
export async function stateOf(
  session: Session,
  plan: Plan,
  folder: MigrationsFolder,
  identity: Identity,
): Promise<PlanState> {
  if (JSON.stringify(sorted(identity)) !== JSON.stringify(sorted(plan.target)))
    return {
      done: [],
      troubles: [
        {
          objects: ['target'],
          have: `${placeOf(identity)} (oid ${identity.oid})`,
          want: `${placeOf(plan.target)} (oid ${plan.target.oid})`,
          reason: 'The plan is for another database.',
          hint: `Name that one, or judge this one: \`npm run predeploy -- --plan FILE\`.`,
        },
      ],
    }
  const entries = (await ledgerEntries(session)) ?? []
  const ledger = ledgerState(entries, plan, folder)
  if (ledger.troubles.length > 0 || ledger.done.length > 0) return ledger
  const fingerprint = await targetFingerprint(session)
  if (fingerprint === plan.fingerprint) return ledger
  return {
    done: [],
    troubles: [
      {
        objects: ['target'],
        have: fingerprint,
        want: plan.fingerprint,
        reason: 'Its schemas or roles were changed since the plan.',
        hint: AGAIN,
      },
    ],
  }
}

/** The ledger has what it had, and of the pending files the first ones or none, exactly as planned. */
export function ledgerState(
  entries: readonly LedgerEntry[],
  plan: Plan,
  { files }: MigrationsFolder,
): PlanState {
  const now = new Map(entries.map((entry) => [entry.version, JSON.stringify(noted(entry))]))
  const before = new Set(plan.ledger.map(({ version }) => version))
  const lost = plan.ledger.filter((entry) => now.get(entry.version) !== JSON.stringify(entry))
  const pending = files.filter(({ name }) => plan.pending.includes(name))
  const since = entries.filter(({ version }) => !before.has(version))
  const done = pending.filter((file) =>
    since.some((entry) => entry.version === file.version && isAsPlanned(entry, file.sql)),
  )
  const foreign = since.filter(({ version }) => !done.some((file) => file.version === version))
  const isPrefix = done.every((file, i) => file === pending[i])
  return {
    done: done.map(({ name }) => name),
    troubles: [
      ...lost.map(({ name }) =>
        changed(`migration ${name}`, 'Its entry in the ledger was changed or taken out since the plan.'),
      ),
      ...foreign.map(({ name }) =>
        changed(`migration ${name}`, 'It was applied since the plan, and not by it.'),
      ),
      ...(isPrefix
        ? []
        : [changed('ledger', 'Later files of the plan are applied, and earlier ones are not.')]),
    ],
  }
}

/** An entry without statements was not written by a push: `repair` of a file that was not there does that. */
function isAsPlanned(entry: LedgerEntry, sql: string): boolean {
  return entry.statements !== undefined && editSince(entry, sql) === undefined
}

function changed(object: string, reason: string): Trouble {
  return { objects: [object], reason, hint: AGAIN }
}

function sorted(identity: Identity): [string, unknown][] {
  return Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1))
}
