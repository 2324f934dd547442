import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { RunningEngine, StartOptions } from '../engines/index.ts'

/** Start a server with these, and it writes down every statement that anybody runs. */
export const LOGGING: Pick<StartOptions, 'settings'> = {
  settings: {
    log_statement: 'all',
    log_disconnections: 'on',
    logging_collector: 'on',
    log_destination: 'jsonlog',
    log_directory: '..',
    log_filename: 'server.log',
    track_functions: 'all',
  },
}
const PATIENCE_MS = 5_000

const Line = z.object({
  pid: z.int(),
  session_id: z.string(),
  application_name: z.string().default(''),
  dbname: z.string().default(''),
  user: z.string().default(''),
  message: z.string(),
})

/** A statement that a server has run: as it was sent, and by which session. */
export interface Logged {
  readonly text: string
  readonly pid: number
  readonly application: string
  readonly user: string
}

/** What a server that was started with {@link LOGGING} has run in a database so far, in order. */
export function statementsOf({ folder }: RunningEngine, database: string): Logged[] {
  return linesOf(folder)
    .filter(({ dbname }) => dbname === database)
    .flatMap(({ message, pid, application_name: application, user }) => {
      const [, text] = /^(?:statement|execute [^:]+): (.*)$/s.exec(message) ?? []
      return text === undefined ? [] : [{ text, pid, application, user }]
    })
}

/** The same, once whoever is meant has said so: the log is written a moment after the statement was run. */
export async function statementsUntil(
  server: RunningEngine,
  database: string,
  complete: (statements: readonly Logged[]) => boolean,
): Promise<Logged[]> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const statements = statementsOf(server, database)
    if (complete(statements)) return statements
    if (Date.now() > deadline) throw new Error('The log of the server does not say what was waited for.')
    await sleep(20)
  }
}

function linesOf(folder: string | undefined): z.infer<typeof Line>[] {
  if (folder === undefined) throw new Error('The server has no folder on this machine.')
  // The last line may be half written.
  const whole = readFileSync(join(folder, 'server.json'), 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => Line.parse(JSON.parse(line)))
}
