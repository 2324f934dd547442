import { randomBytes } from 'node:crypto'
import type { Database, Engine, EngineKind, OpenOptions, RunningEngine, StartOptions } from '../engine.ts'
import { connectSession } from '../pg-session.ts'
import { type Major, overNetwork, overSocket, Place } from './place.ts'
import { startServer } from './server.ts'
import { cloning, during, ensureTemplate } from './template.ts'

function asAdmin(place: Place) {
  return connectSession(overSocket(place, 'supabase_admin', 'postgres'))
}

async function open(
  place: Place,
  { holds = 'migrations', regime = 'closed' }: OpenOptions,
): Promise<Database> {
  const contents = { holds, regime }
  const name = `${holds}_${regime}_${randomBytes(6).toString('hex')}`
  await during(asAdmin(place), async (admin) => {
    await ensureTemplate(admin, place, contents)
    await admin.run(cloning(contents, name))
  })
  return {
    url: overNetwork(place, name),
    connect: () => connectSession(overSocket(place, 'postgres', name)),
    close: () => during(asAdmin(place), (admin) => admin.run(`drop database if exists ${name} with (force)`)),
  }
}

const VIEWS_OF_15 =
  'PostgreSQL 15 prints the table before every column of a view, later majors only where needed'

/** Real PostgreSQL of one major, from npm: a server of our own, in memory where the machine allows it. */
export function embedded(major: Major): EngineKind {
  const traits = { name: `embedded-${major}`, lacks: major === 15 ? { 'golden-text': VIEWS_OF_15 } : {} }
  const at = (place: Place): Engine => ({ ...traits, open: (options = {}) => open(place, options) })
  return {
    ...traits,
    async start(options: StartOptions = {}): Promise<RunningEngine> {
      const { socketDirectory, port, stop } = await startServer(major, options.port)
      const place: Place = { major, socketDirectory, port, password: randomBytes(18).toString('base64url') }
      return { ...at(place), ticket: JSON.stringify(place), stop }
    },
    join: async (ticket) => at(Place.parse(JSON.parse(ticket))),
  }
}
