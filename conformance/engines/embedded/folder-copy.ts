import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from '../account.ts'

function give(path: string, { uid, gid }: Account, mode: number): void {
  chmodSync(path, mode)
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** The permissions of the folders and of the files in a copy. */
export interface Permissions {
  readonly folder: number
  readonly file: number
}

/**
 * Copies a folder to where `account` can use it, and makes it the account's own. Each folder is handed over before anything is
 * put into it, so that the account can remove the copy whenever this is cut short. Links are left out.
 */
export function copyFolder(from: string, to: string, permissions: Permissions, account: Account = {}): void {
  const entries = readdirSync(from, { withFileTypes: true })
  mkdirSync(to)
  give(to, account, permissions.folder)
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      copyFolder(source, target, permissions, account)
    } else if (entry.isFile()) {
      copyFileSync(source, target)
      give(target, account, permissions.file)
    }
  }
}
