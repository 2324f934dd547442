/** Warm processes, a server for each: they plant faults and run specs as they are asked. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { engineNamed, type RunningEngine } from '../engines/index.ts'
import { atExit, removeFolder, temporaryFolder } from '../temporary/index.ts'
import { Answer, ENGINE, type Request, SOCKET } from './warm/messages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const config = fileURLToPath(new URL('warm/vitest.config.ts', import.meta.url))
/** What Supabase runs. */
export const ENGINE_NAME = 'embedded-17'

const LEFT_OUT = 'not run: a fault is looked for by what takes no longer than npm test'

/** One warm process. It does one thing at a time. */
export interface Warm {
  ask(request: Request): Promise<Answer>
  stop(): Promise<void>
}

/** Starts a server, and a process that runs specs on it. */
export async function startWarm(): Promise<Warm> {
  // Functions that run are counted, so that it is known which claims see a fault.
  const engine = await engineNamed(ENGINE_NAME).start({ settings: { track_functions: 'all' } })
  const folder = temporaryFolder('mutate-')
  try {
    return await startProcess(engine, folder)
  } catch (error) {
    removeFolder(folder)
    await engine.stop()
    throw error
  }
}

async function startProcess(engine: RunningEngine, folder: string): Promise<Warm> {
  const path = join(folder, 'socket')
  const server = createServer()
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const { name, ticket } = engine
  const lacks = { time: LEFT_OUT, 'every-statement': LEFT_OUT, ...engine.lacks }
  const child = spawn(process.execPath, [vitest(), 'run', '--config', config, '--root', root], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [SOCKET]: path, [ENGINE]: JSON.stringify({ name, lacks, ticket }) },
  })
  const forget = atExit(() => child.kill())
  const said = heard(child)
  const death = died(child, said)
  death.catch(() => {})
  const socket = await Promise.race([connected, death])
  const answers = createInterface(socket)[Symbol.asyncIterator]()
  const next = async (): Promise<Answer> => {
    const { value, done } = await Promise.race([answers.next(), death])
    if (done) throw new Error(`A process that runs specs has ended: ${said.text.slice(-2000)}`)
    return Answer.parse(JSON.parse(value))
  }
  await next()
  return {
    async ask(request) {
      socket.write(`${JSON.stringify(request)}\n`)
      const answer = await next()
      if (answer.is === 'broken') throw new Error(answer.said)
      return answer
    },
    async stop() {
      const ended =
        child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined
      socket.end()
      server.close()
      const late = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(late)
      forget()
      removeFolder(folder)
      await engine.stop()
    },
  }
}

function vitest(): string {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json')
  return join(dirname(manifest), 'vitest.mjs')
}

function heard(child: ChildProcess): { text: string } {
  const said = { text: '' }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said.text = (said.text + chunk).slice(-20_000)
    })
  return said
}

function died(child: ChildProcess, said: { text: string }): Promise<never> {
  return new Promise((_, reject) => {
    child.once('exit', () =>
      reject(new Error(`A process that runs specs has ended: ${said.text.slice(-2000)}`)),
    )
  })
}
