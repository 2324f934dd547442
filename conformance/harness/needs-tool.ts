import { required, type Tool } from '../engines/index.ts'

/**
 * The path of a program that specs use where it is installed. Where it is not, the test is skipped with the reason;
 * unless `CONFORMANCE_REQUIRE` names the program, as CI does: then its absence fails the test.
 */
export async function needsTool(program: Tool, skip: (note: string) => never): Promise<string> {
  const { which } = await import('zx')
  const path = which.sync(program, { nothrow: true })
  if (path) return path
  if (required().includes(program))
    throw new Error(`${program} is not installed, and CONFORMANCE_REQUIRE demands it.`)
  return skip(`not run: ${program} is not installed`)
}
