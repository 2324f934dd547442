import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import { type EngineKind, leftTo17, Unavailable } from '../engine.ts'
import { listens } from '../listens.ts'
import { connectSession } from '../pg-session.ts'
import { asAdmin, type ServerAddress } from '../server/server-address.ts'
import { serverKind } from '../server/server-kind.ts'
import { containerImage } from './image.ts'
import { keepContainer } from './keeper.ts'

const READY_TIMEOUT_MS = 120_000
const LOOPBACK = '127.0.0.1'
const SOCKET = '/var/run/docker.sock'

/** PostgreSQL in a container, started by Testcontainers. */
export const container: EngineKind = serverKind({
  name: 'container',
  answeredBy: [{ engine: 'embedded-17', because: 'it is the same version' }],
  leaves: leftTo17,
  lacks: { 'own-processes': 'not applicable: processes in a container have other numbers outside it' },
  whyNot: async () =>
    process.env['DOCKER_HOST'] || existsSync(SOCKET)
      ? undefined
      : `no container engine is running: neither DOCKER_HOST is set nor is there a ${SOCKET}`,
  async remains(id) {
    const { getContainerRuntimeClient } = await import('testcontainers')
    const containers = await (await getContainerRuntimeClient()).container.list()
    return containers.filter(({ Id }) => Id === id).map(({ Names }) => `container ${Names.join()}`)
  },
  async launch({ port, keepIn }) {
    if (keepIn !== undefined)
      throw new Unavailable('A container keeps nothing here: take one of the embedded engines to keep data.')
    // Loaded when it is used: it takes half a second.
    const [{ PostgreSqlContainer }, { Wait }] = await Promise.all([
      import('@testcontainers/postgresql'),
      import('testcontainers'),
    ])
    const image = containerImage()
    const password = randomBytes(18).toString('base64url')
    const blank = new PostgreSqlContainer(image.name)
      .withUsername('supabase_admin')
      .withPassword(password)
      .withDatabase('postgres')
      .withStartupTimeout(READY_TIMEOUT_MS)
      .withWaitStrategy(Wait.forListeningPorts())
      .withHealthCheck(ONCE_AN_HOUR)
      .withEnvironment(image.environment)
      .withCommand([...image.command, ...settings])
      .withTmpFs({ [image.memory]: 'rw' })
    const started = await (port === undefined
      ? blank
      : blank.withExposedPorts({ container: 5432, host: port })
    )
      .start()
      .catch((error: unknown) => {
        throw new Unavailable(`No container of ${image.name} could be started: ${reasonOf(error)}`)
      })
    const network = { host: await hostOf(started), port: started.getPort() }
    const place = {
      ...network,
      admin: { user: 'supabase_admin', password, database: 'postgres' },
      password,
      network,
      ours: true,
    }
    const id = started.getId()
    const keeper = keepContainer(id)
    await untilItAnswers(place)
    return {
      place,
      trace: id,
      async stop() {
        await started.stop({ timeout: 0 })
        keeper.dismiss()
      },
    }
  },
})

/**
 * Where the container is reached: on this machine where that can be, since the password is not sent unprotected to others.
 * Testcontainers names the bridge when it is run in a container itself.
 */
async function hostOf(started: StartedPostgreSqlContainer): Promise<string> {
  return (await listens(LOOPBACK, started.getPort(), 1_000)) ? LOOPBACK : started.getHost()
}

/** What it comes with would ask four times a second, for as long as it runs. */
const ONCE_AN_HOUR = { test: ['CMD-SHELL', 'true'] as ['CMD-SHELL', string], interval: 3_600_000 }

/** Its port is open before the server is there, and what stands between may close the first connections. */
async function untilItAnswers(place: ServerAddress): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    const session = await connectSession(asAdmin(place)).catch((error: unknown) => {
      if (Date.now() > deadline) throw error
    })
    if (session) return session.close()
    await setTimeout(200)
  }
}

/** Nothing here has to survive a crash, and the race specs bring many clients. */
const settings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'timezone=UTC',
].flatMap((setting) => ['-c', setting])

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
