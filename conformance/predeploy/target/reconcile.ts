/** The ledger of the Supabase CLI against a folder: what is applied, what is pending, and each way in which they disagree. */
import { editSince, type LedgerEntry } from '../../verify/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import type { Trouble } from '../step.ts'

/** What a ledger and a folder come to. */
export interface Reconciled {
  /** Files of the folder that the ledger has, in order. */
  readonly applied: readonly MigrationFile[]
  /** Files that a push would apply, in order. */
  readonly pending: readonly MigrationFile[]
  readonly troubles: readonly Trouble[]
}

/** A migration that was applied under one version, and stands in the folder under another. */
interface Moved {
  readonly entry: LedgerEntry
  readonly file: MigrationFile
  /** Whether it still says what was applied. */
  readonly isSame: boolean
}

/** Compares a ledger with a folder by version, name and statements. No ledger is an empty one. */
export function reconcile(entries: readonly LedgerEntry[], { files }: MigrationsFolder): Reconciled {
  const noted = new Set(entries.map(({ version }) => version))
  const here = new Map(files.map((file) => [file.version, file]))
  const applied = files.filter(({ version }) => noted.has(version))
  const pending = files.filter(({ version }) => !noted.has(version))
  const unknown = entries.filter(({ version }) => !here.has(version))
  const moved = movedAmong(unknown, pending)
  const foreign = unknown.filter((entry) => !moved.some((one) => one.entry === entry))
  const last = entries.at(-1)?.version ?? ''
  const late = pending.filter((file) => file.version < last && !moved.some((one) => one.file === file))
  return {
    applied,
    pending,
    troubles: [
      ...entries.flatMap((entry) => edited(entry, here.get(entry.version))),
      ...entries.flatMap((entry) => renamed(entry, here.get(entry.version))),
      ...moved.map(underAnotherVersion),
      ...(foreign.length > 0 && late.length > 0
        ? [diverged(foreign, late)]
        : [
            ...foreign.map((entry) => notHere(entry, files.at(-1)?.version ?? '')),
            ...late.map((file) => skippedFile(file, last)),
          ]),
    ],
  }
}

function movedAmong(unknown: readonly LedgerEntry[], pending: readonly MigrationFile[]): Moved[] {
  const taken = new Set<MigrationFile>()
  return unknown.flatMap((entry) => {
    const rest = pending.filter((file) => !taken.has(file))
    const saysTheSame = (file: MigrationFile) =>
      (entry.statements ?? []).length > 0 && editSince(entry, file.sql) === undefined
    const file = rest.find(saysTheSame) ?? rest.find(({ name }) => nameIn(stem(name)) === nameIn(entry.name))
    if (!file || nameIn(entry.name) === '') return []
    taken.add(file)
    return [{ entry, file, isSame: saysTheSame(file) }]
  })
}

function edited(entry: LedgerEntry, file: MigrationFile | undefined): Trouble[] {
  const edit = file && editSince(entry, file.sql)
  if (!edit) return []
  return [
    {
      objects: [file.name],
      reason: `It was edited after it was applied: its statement ${edit.at} is not the one that ran, and \`supabase db push\` does not notice.`,
      have: edit.have,
      want: edit.want,
      hint: `Put the file back as it was applied (\`git log -p -- FILE\`; the ledger has the text, too), and bring the change in with a new migration: \`supabase migration new NAME\`.`,
    },
  ]
}

/** The CLI goes by the version alone: another name harms nobody, and may say that it is another file. */
function renamed(entry: LedgerEntry, file: MigrationFile | undefined): Trouble[] {
  if (!file || entry.name === entry.version || stem(file.name) === entry.name || editSince(entry, file.sql))
    return []
  return [
    {
      objects: [file.name],
      reason: `It was applied as ${entry.name}, and was renamed since.`,
      hint: `\`supabase migration repair --status applied ${entry.version}\` notes the new name.`,
      severity: 'warning',
    },
  ]
}

function underAnotherVersion({ entry, file, isSame }: Moved): Trouble {
  const { version } = file
  return {
    objects: [file.name],
    have: `applied as ${entry.name}`,
    want: `applied as ${stem(file.name)}`,
    ...(isSame
      ? {
          reason:
            'It was applied under another version, with the same statements: a push would run them again.',
          hint: `Note it under the version it has now: \`supabase migration repair --status reverted ${entry.version}\`, then \`supabase migration repair --status applied ${version}\`. Neither runs a statement.`,
        }
      : {
          reason: 'A migration of this name was applied under another version, and with other statements.',
          hint: `Fetch what was applied with \`supabase migration fetch\`, and bring the difference in with a new migration in place of ${file.name}.`,
        }),
  }
}

function notHere({ name, version, statements }: LedgerEntry, last: string): Trouble {
  return {
    objects: [`migration ${name}`],
    have: 'applied at the target',
    want: 'a file of the folder',
    reason:
      version > last
        ? 'The target is ahead of the folder, and a push refuses it.'
        : 'The folder does not have it, and a push refuses the target.',
    hint: statements
      ? 'Update the checkout. Where no commit has the file: `supabase migration fetch` writes it from the ledger.'
      : 'Update the checkout. Where no commit has the file: the ledger does not say what it did; `supabase db pull` brings the schema’s difference.',
  }
}

function skippedFile({ name, version }: MigrationFile, last: string): Trouble {
  return {
    objects: [name],
    have: `not applied, but ${last} is`,
    want: 'applied before it',
    reason: 'It comes before the last migration that is applied: a push refuses it.',
    hint: `If nothing later depends on it, give it a version after ${last}. If what it does is there already: \`supabase migration repair --status applied ${version}\`.`,
  }
}

function diverged(foreign: readonly LedgerEntry[], late: readonly MigrationFile[]): Trouble {
  const first = [...foreign, ...late].map(({ version }) => version).sort()[0]
  return {
    objects: ['supabase_migrations.schema_migrations'],
    have: foreign.map(({ name }) => name).join('\n'),
    want: late.map(({ name }) => stem(name)).join('\n'),
    reason: `The histories diverge at ${first}: the target has what the folder has not, and the folder has older files that the target has not.`,
    hint: 'Check that the target is the one you mean. If it is: `supabase migration fetch` into a branch, then give the folder’s own files versions after the target’s last.',
  }
}

/** A file's name without its ending. */
function stem(name: string): string {
  return name.replace(/\.sql$/, '')
}

/** What follows the version in a name. */
function nameIn(stemmed: string): string {
  return stemmed.replace(/^\d+_?/, '')
}
