import { z } from 'zod'
import type { Engine, EngineKind, RunningEngine, StartOptions } from '../engine.ts'
import { startPooler } from '../pooler/pooler.ts'
import { databasesOf, type Mode } from './databases.ts'
import { remainsOfFolder } from './remains.ts'
import { ServerAddress } from './server-address.ts'

/** A server that was started for us, and the right to end it. */
export interface Launched {
  readonly place: ServerAddress
  /** By what its remains would be known: see {@link ServerTraits.remains}. */
  readonly trace: string
  /** See {@link RunningEngine.folder}. */
  readonly folder?: string
  stop(): Promise<void>
}

/** What makes one kind of server different from another. */
export interface ServerTraits extends Pick<EngineKind, 'name' | 'lacks'> {
  readonly whyNot?: EngineKind['whyNot']
  readonly leaves?: EngineKind['leaves']
  readonly answeredBy?: EngineKind['answeredBy']
  launch(options: StartOptions): Promise<Launched>
  remains(trace: string): Promise<string[]>
  readonly mode?: Mode
  /** Whether sessions go through a transaction-mode pooler. */
  readonly pooled?: boolean
}

/** Plain data that lets another process join. */
export const Ticket = z.strictObject({
  place: ServerAddress,
  /** The same server as sessions reach it: another place where there is a pooler before it. */
  sessions: ServerAddress,
  trace: z.string(),
  poolerFolder: z.string().optional(),
})
export type Ticket = z.infer<typeof Ticket>

const parsed = (ticket: string): Ticket => Ticket.parse(JSON.parse(ticket))

/** An engine on a server of PostgreSQL that we administer: databases are copied from templates. */
export function serverKind(traits: ServerTraits): EngineKind {
  const { name, lacks, whyNot, pooled = false } = traits
  const mode = { ...traits.mode, pooled }
  return {
    name,
    lacks,
    ...(whyNot ? { whyNot } : {}),
    ...(traits.leaves ? { leaves: traits.leaves } : {}),
    ...(traits.answeredBy ? { answeredBy: traits.answeredBy } : {}),
    async start(options = {}): Promise<RunningEngine> {
      const { ticket, folder, stop } = await launch(traits, options)
      const { leave, open } = databasesOf(ticket.place, ticket.sessions, mode)
      return {
        name,
        lacks,
        open,
        ticket: JSON.stringify(ticket),
        ...(folder === undefined ? {} : { folder }),
        async stop() {
          await leave()
          await stop()
        },
      }
    },
    async join(ticket): Promise<Engine> {
      const { place, sessions } = parsed(ticket)
      const { open } = databasesOf(place, sessions, mode)
      return {
        name,
        lacks,
        open: async (options = {}) => {
          // What others on that server find of their roles and settings would no longer be so.
          if (options.holds === 'supabase')
            throw new RangeError('The whole platform changes the roles of its server: start a server for it.')
          return open(options)
        },
      }
    },
    async remains(ticket) {
      const { trace, poolerFolder } = parsed(ticket)
      return [...(await traits.remains(trace)), ...(poolerFolder ? await remainsOfFolder(poolerFolder) : [])]
    },
  }
}

/** Starts the server, and what stands before it. */
async function launch(
  traits: ServerTraits,
  options: StartOptions,
): Promise<Pick<Launched, 'folder' | 'stop'> & { ticket: Ticket }> {
  const { place, trace, ...server } = await traits.launch(options)
  if (!traits.pooled) return { ...server, ticket: { place, sessions: place, trace } }
  try {
    const pooler = await startPooler(place)
    const ticket = { place, sessions: pooler.place, trace, poolerFolder: pooler.folder }
    return {
      ...server,
      ticket,
      async stop() {
        await pooler.stop()
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}
