/**
 * The path of a program that specs use where it is installed. Where it is not, the test is skipped with the reason;
 * unless `CONFORMANCE_REQUIRE` names the program, as CI does: then its absence fails the test.
 */
export async function needsTool(program: string, skip: (note: string) => never): Promise<string> {
  const { which } = await import('zx')
  const path = which.sync(program, { nothrow: true })
  if (path) return path
  const required = (process.env['CONFORMANCE_REQUIRE'] ?? '').split(',').includes(program)
  if (required) throw new Error(`${program} is not installed, and CONFORMANCE_REQUIRE demands it.`)
  return skip(`not run: ${program} is not installed`)
}
