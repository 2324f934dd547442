/** Asks git, in one place. */
import { execFileSync } from 'node:child_process'

const MOST_BYTES = 64 * 1024 * 1024
/** Of a hook: they would lead to another repository than the folder’s. */
const OF_A_HOOK = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX']

/** Git refused, or is not there. The message is its first line. */
export class GitRefused extends Error {
  override readonly name = 'GitRefused'
}

/** What a command of git prints in a folder. Throws {@link GitRefused}. */
export function git(folder: string, ...args: readonly string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_A_HOOK.includes(name)))
  try {
    return execFileSync('git', args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: MOST_BYTES,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr ?? '').split('\n')[0] : ''
    throw new GitRefused(said || String(error), { cause: error })
  }
}

/** The commit that a branch, a tag or a commit stands for, which an option of a verb has named. Throws an error of one sentence. */
export function commitOf(folder: string, ref: string, option: string): string {
  try {
    return git(folder, 'rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`).trim()
  } catch {
    throw new Error(
      `${option} ${ref} is no commit that git knows here: expected a branch, a tag or a commit.`,
    )
  }
}

const MAIN = ['origin/main', 'main']

/** The commits at which the checkout of a folder left the main branch: as the remote has it, and as it is here. */
export function leftMainAt(folder: string): string[] {
  return MAIN.flatMap((branch) => {
    try {
      return git(folder, 'merge-base', 'HEAD', branch).trim()
    } catch {
      return []
    }
  })
}
