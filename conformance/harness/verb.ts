import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Runs a verb as a person would: `scripts/<name>.ts` as a process of its own. What happens to be set around the tests and
 * would lead to a database (`DATABASE_URL`, `PG…`, `SUPABASE_…`) is not passed on, nor is where npm was called.
 * `folder`: the checkout, this one by default.
 */
export async function verb(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder = root,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([variable]) => !/^(DATABASE_URL$|PG|SUPABASE_|INIT_CWD$)/.test(variable),
    ),
  )
  const { $ } = await import('zx')
  const run = $({ quiet: true, nothrow: true, cwd: folder, env: { ...inherited, ...env } })
  const { exitCode, stdout, stderr } = await run`node --import tsx -- scripts/${name}.ts ${args}`
  return { exitCode, stdout, stderr }
}
