/** After a push: is the target what the files make of it? */
import type { Session } from '../../engines/index.ts'
import { finding } from '../../report/index.ts'
import {
  inReadOnlyTransaction,
  type Limits,
  ledgerEntries,
  verifyFull,
  verifyPhase1,
} from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { judged, type StepResult, together } from '../step.ts'
import { reconcile } from '../target/reconcile.ts'
import { isOurs } from '../target/target.ts'
import { CLAIMS } from './claims.ts'

/** The ledger is the folder; of this checkout’s own migrations also all that the contract promises. */
export async function verifyDeployed(
  session: Session,
  folder: MigrationsFolder,
  limits: Limits = {},
): Promise<StepResult> {
  const work = async () => {
    const { troubles, pending } = reconcile((await ledgerEntries(session)) ?? [], folder)
    const missing = pending.map(({ name }) => ({
      objects: [name],
      reason: 'It is not in the target’s ledger.',
      hint: 'Run the same command again.',
    }))
    const ledger = judged(CLAIMS.verified, [...troubles, ...missing])
    return isOurs(folder) ? together([ledger, await verifiedOurs(session)]) : ledger
  }
  return inReadOnlyTransaction(session, work, limits)
}

async function verifiedOurs(session: Session): Promise<StepResult> {
  const nine = await verifyPhase1(session)
  const { findings, warnings, notes } = await verifyFull(session)
  return {
    findings: [...nine, ...findings].map((each) => finding(each, each)),
    notes: [
      ...warnings.map(({ title, group, objects = [] }) => ({
        kind: 'warning' as const,
        group,
        text: [title, ...objects].join(': '),
      })),
      ...notes.map(({ text, group }) => ({ kind: 'note' as const, group, text })),
    ],
  }
}
