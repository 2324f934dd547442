import { fileURLToPath } from 'node:url'
import { removeFolder, temporaryFolder } from '../../temporary/index.ts'
import { supabaseCli } from '../supabase-cli.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Applies the migrations as users do, with `supabase db push`, to a database that has no TLS, and answers what the CLI
 * printed. Throws when the CLI fails.
 */
export async function cliPush(url: string): Promise<string> {
  // A home of its own: the CLI keeps settings there, and asks its maker whether there is a newer one.
  const home = temporaryFolder('supabase-home-')
  const env = { ...process.env, HOME: home, SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  try {
    const { $ } = await import('zx')
    const shell = $({ quiet: true, nothrow: true, cwd: root, env })
    const { exitCode, stdout, stderr } =
      await shell`${supabaseCli()} db push --yes --agent no --db-url ${`${url}?sslmode=disable`}`
    // The driver's own error would hold the command, and so the password.
    if (exitCode !== 0) throw new Error(`supabase db push failed: ${stderr.trim()}`)
    return stdout + stderr
  } finally {
    removeFolder(home)
  }
}
