/** The claim about the ledger, and what a push would do. */
import type { Session } from '../../engines/index.ts'
import { type LedgerEntry, ledgerEntries } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { judged, type StepResult, type Trouble, together } from '../step.ts'
import { answered, claim, PLATFORM_SCHEMAS, SYSTEM } from './claims.ts'
import { type Reconciled, reconcile } from './reconcile.ts'

const LEDGER = claim('ledger', 'the target’s ledger of migrations and the folder agree')

/** Reads the ledger, compares it with the folder, and says what is pending. */
export async function ledgerStep(session: Session, folder: MigrationsFolder): Promise<StepResult> {
  return answered(session, LEDGER, async () => {
    const entries = await ledgerEntries(session)
    const reconciled = reconcile(entries ?? [], folder)
    const unnoted = entries && entries.length > 0 ? [] : await withoutLedger(session)
    return together([
      judged(LEDGER, [...reconciled.troubles, ...unnoted]),
      { findings: [], notes: [], sections: [pendingSection(reconciled, entries ?? [])] },
    ])
  })
}

/** Things without a history: nobody knows whether the files have made them. */
async function withoutLedger(session: Session): Promise<Trouble[]> {
  const rows = await session.query(
    `select count(*) as relations from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and not ${SYSTEM} and n.nspname <> all ($1)
       and not exists (select from pg_catalog.pg_depend as d where d.objid = c.oid and d.deptype = 'e')`,
    [PLATFORM_SCHEMAS],
  )
  const count = Number(rows[0]?.['relations'] ?? 0)
  if (count === 0) return []
  return [
    {
      objects: ['supabase_migrations.schema_migrations'],
      reason: `The target has ${count} tables and views and no history of migrations: a push would run every file.`,
      hint: 'If files were applied in another way: `supabase migration repair --status applied VERSION` for each of them. If they may be run again, as those of this project, go on.',
      severity: 'warning',
    },
  ]
}

function pendingSection({ applied, pending }: Reconciled, entries: readonly LedgerEntry[]) {
  return {
    title: 'What a push would apply',
    lines: [
      `The ledger has ${entries.length} migrations, ${applied.length} of them in the folder.`,
      ...(pending.length > 0 ? pending.map(({ name }) => name) : ['Nothing: the target has every file.']),
    ],
  }
}
