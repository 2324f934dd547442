/**
 * `npm run db`: a database to work with, for as long as the command runs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectRemote } from '../../engines/index.ts'
import { expect, test, verb } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

test('it prints the URL of a migrated, seeded database, gone after Ctrl-C', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/db.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const url = line.trim()

  const session = await connectRemote(url)
  expect(
    await session.query('select llm_request_count from copilot_internal.combined_cost_summary_by_tenant'),
  ).toEqual([{ llm_request_count: '3' }])
  await session.close()

  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  await expect(connectRemote(url)).rejects.toThrow(/Cannot connect/)
})

test('a port that is none, and an engine that listens nowhere, are refused', async () => {
  const port = await verb('db', ['--port', '99999'])
  expect(port).toMatchObject({ exitCode: 2, stdout: '' })
  expect(port.stderr).toMatch(/from 1 to 65535/)
  const engine = await verb('db', ['--engine', 'pglite'])
  expect(engine).toMatchObject({ exitCode: 2, stdout: '' })
  expect(engine.stderr).toMatch(/embedded-15, embedded-16, embedded-17, .*embedded-18, container/)
})
