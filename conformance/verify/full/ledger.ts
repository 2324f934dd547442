/** The Supabase CLI's ledger of applied migrations, against the files of this checkout and against what is there. */
import { type Migration, migrations, type Session, versionOf } from '../../engines/index.ts'
import { editSince, type LedgerEntry, ledgerEntries } from '../ledger-entries.ts'
import type { Told, Trouble } from './check.ts'

/**
 * What the ledger says, and what of it is not so. `applied` is the last migration whose objects are there. Nothing to say
 * where there is no ledger: the files were then applied in another way.
 */
export async function ledgerFindings(
  session: Session,
  applied: Migration | undefined,
  leavesTraces: (file: Migration) => boolean,
): Promise<Told> {
  const entries = await ledgerEntries(session)
  if (!entries)
    return { notes: ['The database keeps no ledger of migrations: its version was told by its objects.'] }
  const files = migrations()
  const known = new Map(files.map((file) => [versionOf(file), file]))
  const ours = entries.filter(({ version }) => known.has(version))
  const last = ours.at(-1)?.version ?? ''
  const reached = applied ? versionOf(applied) : ''
  const noted = new Set(ours.map(({ version }) => version))
  const unnoted = files.filter((file) => !noted.has(versionOf(file)))
  return {
    broken: [
      ...entries.filter(({ version }) => !known.has(version)).flatMap(unknown),
      ...unnoted.filter((file) => versionOf(file) < last).map(gap),
      ...ours
        .filter(({ version }) => version > reached)
        // One that leaves nothing to be told by is taken at its word.
        .filter(({ version }) => files.some((file) => versionOf(file) === version && leavesTraces(file)))
        .map(absent),
      ...ours.flatMap((entry) => edited(entry, known.get(entry.version))),
    ],
    notes: [
      ...notesOf(
        unnoted.filter((file) => versionOf(file) > last && versionOf(file) <= reached),
        'are there, but not in the ledger: `supabase db push` would run them again, which is safe',
      ),
      ...notesOf(
        unnoted.filter((file) => versionOf(file) > last && versionOf(file) > reached),
        'are not applied yet: `supabase db push` applies them',
      ),
      ...othersOf(entries.filter((entry) => !known.has(entry.version) && isSomebodyElses(entry))),
    ],
  }
}

/** A project's other migrations stand in the same ledger: they are nobody's business here, if they leave the schema alone. */
function isSomebodyElses({ statements }: LedgerEntry): boolean {
  return statements !== undefined && !statements.some((text) => /copilot_internal/i.test(text))
}

function unknown(entry: LedgerEntry): Trouble[] {
  if (isSomebodyElses(entry)) return []
  return [
    {
      objects: [`migration ${entry.name}`],
      have: 'applied',
      want: 'a file of this checkout',
      reason: entry.statements
        ? 'It changes copilot_internal, and this checkout does not know it.'
        : 'This checkout does not know it, and the ledger does not say what it did.',
      hint: 'Verify with the checkout the database was migrated from: this one is older, or the file was removed or renamed.',
    },
  ]
}

function gap(file: Migration): Trouble {
  return {
    objects: [`migration ${stem(file)}`],
    have: 'skipped: the ledger has a later one',
    want: 'applied before it',
    hint: 'Apply it with `supabase db push --include-all`; if its objects are there, `supabase migration repair --status applied` notes it.',
  }
}

function absent({ name, version }: LedgerEntry): Trouble {
  return {
    objects: [`migration ${name}`],
    have: 'applied, says the ledger, but nothing that it creates is there',
    want: 'what it creates',
    hint: `Run its file again, or take it back from the ledger with \`supabase migration repair --status reverted ${version}\`.`,
  }
}

/** `supabase db push` compares versions and never contents: a file that was edited later looks applied. */
function edited(entry: LedgerEntry, file: Migration | undefined): Trouble[] {
  const edit = file && editSince(entry, file.sql)
  if (!edit) return []
  return [
    {
      objects: [`migration ${entry.name}`],
      reason: `Statement ${edit.at} is not the one that was applied: the file was edited since, which db push does not notice.`,
      have: edit.have,
      want: edit.want,
      hint: 'Put the file back as it was released, and bring the change in with a migration of its own.',
    },
  ]
}

function notesOf(files: readonly Migration[], what: string): string[] {
  return files.length === 0 ? [] : [`${files.map(stem).join(', ')} ${what}.`]
}

function othersOf({ length }: readonly LedgerEntry[]): string[] {
  return length === 0
    ? []
    : [`The ledger has ${length} more of the project's own, which leave copilot_internal alone.`]
}

/** A migration's name without its ending, as the ledger has it. */
export function stem({ name }: Migration): string {
  return name.replace(/\.sql$/, '')
}
