/** npm runs a script `pre…` before the script that is called so, without its arguments: by the name alone. */
import { execFileSync } from 'node:child_process'

/** How far up npm may be: it runs a script in a shell. */
const ANCESTORS = 4

/**
 * Whether npm runs this process because somebody has asked for `script`, and not for this one. Only what is sure counts: where
 * nothing can be told, it was asked for.
 */
export function isHookOf(script: string): boolean {
  if (process.env['npm_lifecycle_event'] !== `pre${script}` || process.argv.length > 2) return false
  try {
    let pid = process.ppid
    for (let i = 0; i < ANCESTORS && pid > 1; i += 1) {
      const line = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' }).trim()
      const [, parent = '', args = ''] = /^(\d+) +(.*)/.exec(line) ?? []
      // The nearest npm decides: it may be run by a script of another.
      if (args.startsWith('npm ')) return new RegExp(`^npm run(-script)? ${script}( |$)`).test(args)
      pid = Number(parent)
    }
  } catch {
    return false
  }
  return false
}
