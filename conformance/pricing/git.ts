/** The migrations of another commit, as git has them. */
import { fileURLToPath } from 'node:url'
import type { Migration } from '../engines/index.ts'
import { GitRefused, git as gitIn } from '../git/index.ts'
import { Refused } from './refused.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every migration of a commit, in order. Throws {@link Refused} when there is no such commit, or it has none. */
export async function migrationsAt(ref: string): Promise<Migration[]> {
  if (!/^[\w./@{}^~-]+$/.test(ref) || ref.startsWith('-')) throw new Refused(`--base ${ref} names no commit.`)
  const names = git(ref, [
    'ls-tree',
    '--name-only',
    '--end-of-options',
    `${ref}^{commit}`,
    './supabase/migrations/',
  ])
    .split('\n')
    .map((path) => path.split('/').at(-1) ?? '')
    .filter((name) => /^\d{14}_\w+\.sql$/.test(name))
  if (names.length === 0) throw new Refused(`--base ${ref}: that commit has no supabase/migrations.`)
  return names
    .sort()
    .map((name) => ({ name, sql: git(ref, ['show', `${ref}:./supabase/migrations/${name}`]) }))
}

function git(ref: string, args: readonly string[]): string {
  try {
    return gitIn(root, ...args)
  } catch (error) {
    if (!(error instanceof GitRefused)) throw error
    throw new Refused(
      `--base ${ref} cannot be read: ${error.message}. In CI the checkout needs that commit (fetch-depth: 0).`,
    )
  }
}
