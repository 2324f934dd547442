/** What this checkout changes of the product, against the main branch or the last release. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { factsAt, HISTORY_FILE, history, parseHistory } from '../catalog/index.ts'
import type { Change, Report } from '../report/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const FACTS = `supabase/${HISTORY_FILE}`
const MIGRATIONS = 'supabase/migrations'
const MOST_BYTES = 64 * 1024 * 1024
/** Of one side of one object. */
const MOST_CHARACTERS = 600

/** Against the first of these from which the product differs; with none of them, or without git, there is no answer. */
const BASES = [
  ['main', ['merge-base', 'HEAD', 'origin/main']],
  ['main', ['merge-base', 'HEAD', 'main']],
] as const

const STATES = { A: 'added', D: 'removed' } as const

/** See {@link Report.since}. */
export async function sinceBase(): Promise<Report['since']> {
  const bases = await basesHere()
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

async function basesHere(): Promise<Base[]> {
  const found: Base[] = []
  for (const [branch, asking] of BASES) {
    const commit = await git(...asking).catch(() => '')
    if (commit) found.push({ name: `${branch} (${commit.slice(0, 7)})`, commit })
  }
  const release = await git('describe', '--tags', '--abbrev=0').catch(() => '')
  return release ? [...found, { name: release, commit: release }] : found
}

async function against({ name, commit }: Base): Promise<NonNullable<Report['since']>> {
  const listed = await git('diff', '--name-status', '--no-renames', commit, '--', MIGRATIONS)
  const migrations = listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [state = '', path = ''] = line.split('\t')
      return {
        name: path.slice(MIGRATIONS.length + 1),
        state: state === 'A' || state === 'D' ? STATES[state] : ('changed' as const),
      }
    })
  const same = (await git('diff', '--name-only', commit, '--', FACTS)) === ''
  return { base: name, migrations, changes: same ? [] : await changesSince(commit) }
}

async function changesSince(commit: string): Promise<Change[]> {
  const { changesFrom } = await import('../verify/index.ts')
  const before = parseHistory(await git('show', `${commit}:${FACTS}`))
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

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: root, maxBuffer: MOST_BYTES })
  return stdout.trim()
}
