import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from '../account.ts'

function give(path: string, { uid, gid }: Account, mode: number): void {
  chmodSync(path, mode)
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/**
 * Copies the binaries to where `account` can run them. Each folder is handed over before anything is put into it, so
 * that the account can remove the copy whenever this is cut short. Links are left out: `repairNative` makes them.
 */
export function copyNative(from: string, to: string, account: Account): void {
  mkdirSync(to)
  give(to, account, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      copyNative(source, target, account)
    } else if (entry.isFile() && !entry.name.endsWith('.a')) {
      copyFileSync(source, target)
      give(target, account, 0o755)
    }
  }
}
