import { execFileSync } from 'node:child_process'
import { Unavailable } from './engine.ts'

/** Whom a process runs as; nothing when that is ourselves. In the shape `spawn` takes. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

function idOf(name: string): Account | undefined {
  const id = (flag: string) => {
    const printed = execFileSync('id', [flag, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(printed) | 0 // macOS has nobody as 4294967294 or -2; `spawn` takes the latter
  }
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

/** Whom the server runs as: us, but PostgreSQL refuses root, so an unprivileged account when that is what we are. */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  const account = idOf('postgres') ?? idOf('nobody')
  if (account) return account
  throw new Unavailable(
    'PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`: create one (useradd --system postgres) or run as an ordinary user.',
  )
}
