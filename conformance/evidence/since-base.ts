/** What this checkout changes of the product, against the main branch or the last release. */
import { fileURLToPath } from 'node:url'
import { factsAt, HISTORY_FILE, history, parseHistory } from '../catalog/index.ts'
import { git as gitIn, leftMainAt } from '../git/index.ts'
import type { Change, Report } from '../report/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const FACTS = `supabase/${HISTORY_FILE}`
const MIGRATIONS = 'supabase/migrations'
/** Of one side of one object. */
const MOST_CHARACTERS = 600

const STATES = { A: 'added', D: 'removed' } as const

/** See {@link Report.since}. Against the first base from which the product differs; without any, or without git, there is no answer. */
export async function sinceBase(): Promise<Report['since']> {
  const bases = basesHere()
  for (const base of bases) {
    const since = await against(base).catch(() => undefined)
    if (since && since.migrations.length + since.changes.length > 0) return since
  }
  const [first] = bases
  return first && { base: first.name, migrations: [], changes: [] }
}

interface Base {
  readonly name: string
  readonly commit: string
}

function basesHere(): Base[] {
  const found = leftMainAt(root).map((commit) => ({ name: `main (${commit.slice(0, 7)})`, commit }))
  const release = lastRelease()
  return release ? [...found, { name: release, commit: release }] : found
}

function lastRelease(): string | undefined {
  try {
    return git('describe', '--tags', '--abbrev=0')
  } catch {
    return undefined
  }
}

async function against({ name, commit }: Base): Promise<NonNullable<Report['since']>> {
  const listed = git('diff', '--name-status', '--no-renames', commit, '--', MIGRATIONS)
  const tracked = listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [state = '', path = ''] = line.split('\t')
      return {
        name: path.slice(MIGRATIONS.length + 1),
        state: state === 'A' || state === 'D' ? STATES[state] : ('changed' as const),
      }
    })
  // What git does not know yet is new, too.
  const untracked = git('ls-files', '--others', '--exclude-standard', '--', MIGRATIONS)
    .split('\n')
    .filter((line) => line !== '')
    .map((path) => ({ name: path.slice(MIGRATIONS.length + 1), state: 'added' as const }))
  const same = git('diff', '--name-only', commit, '--', FACTS) === ''
  const migrations = [...tracked, ...untracked]
  return { base: name, migrations, changes: same ? [] : await changesSince(commit) }
}

async function changesSince(commit: string): Promise<Change[]> {
  const { changesFrom } = await import('../verify/index.ts')
  const before = parseHistory(git('show', `${commit}:${FACTS}`))
  const now = history()
  const last = now.reduce((latest, { since }) => (since > latest ? since : latest), '')
  return changesFrom(before, factsAt(now, last)).map(({ objects, have, want }) => ({
    object: objects.join(', '),
    ...(have === undefined ? {} : { have: cut(have) }),
    ...(want === undefined ? {} : { want: cut(want) }),
  }))
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text
}

function git(...args: string[]): string {
  return gitIn(root, ...args).trim()
}
