import { fileURLToPath } from 'node:url'
import { $ } from 'zx'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Runs a verb as a person would: `scripts/<name>.ts` as a process of its own. A `DATABASE_URL` that happens to be set
 * around the tests is not passed on.
 */
export async function verb(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const { DATABASE_URL: _, ...inherited } = process.env
  const run = $({ quiet: true, nothrow: true, cwd: root, env: { ...inherited, ...env } })
  const { exitCode, stdout, stderr } = await run`node --import tsx scripts/${name}.ts ${args}`
  return { exitCode, stdout, stderr }
}
