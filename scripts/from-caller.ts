/** Paths as the caller means them: npm runs its scripts in the folder of package.json, and says where it was called. */
import { resolve } from 'node:path'

/** Where the caller of a verb stands. What npm says is meant for the script that it runs, and for no verb that this one runs. */
export function callerFolder(verb: string): string {
  return (process.env['npm_lifecycle_event'] === verb && process.env['INIT_CWD']) || process.cwd()
}

/** A path that the caller of a verb has named. */
export function fromCaller(verb: string, path: string): string {
  return resolve(callerFolder(verb), path)
}
