/** The third step: the files applied from the start, on every server they may meet, and twice in the way people apply them. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Engine,
  engineNamed,
  migrationsFolder,
  type Regime,
  type Session,
  SqlError,
  Unavailable,
} from '../engines/index.ts'
import { schemaChanges } from '../verify/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { runFile } from './run-file.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together, unchecked } from './step.ts'

/** Where the files are applied. */
const PLACES: readonly { readonly engine: string; readonly regime: Regime }[] = [
  { engine: 'pglite', regime: 'closed' },
  { engine: 'embedded-15', regime: 'closed' },
  { engine: 'embedded-17', regime: 'closed' },
  { engine: 'embedded-17', regime: 'open' },
  { engine: 'embedded-18', regime: 'closed' },
]

/** How files are replayed. */
export interface Replaying {
  /** Scripts that are run after the platform's and before the files. */
  readonly first?: readonly string[]
  /** A script that puts rows into a database of the last released version. */
  readonly data?: string
  /** Is told what is done next. */
  readonly progress?: (line: string) => void
}

/** Applies the files on each server, in both regimes of default privileges. */
export async function replayStep(folder: MigrationsFolder, replaying: Replaying = {}): Promise<StepResult> {
  const results: StepResult[] = []
  for (const place of PLACES) results.push(await replayAt(folder, place, replaying))
  return together(results)
}

async function replayAt(
  folder: MigrationsFolder,
  { engine: name, regime }: (typeof PLACES)[number],
  { first = [], progress = () => {} }: Replaying,
): Promise<StepResult> {
  const place = `${name}, ${regime} default privileges`
  const claim: Claim = {
    id: `replay/${name}-${regime}`,
    title: `the files apply to a new project on ${place}`,
    group: 'replay',
  }
  progress(`Applying ${folder.files.length} files on ${place} …`)
  let engine: Awaited<ReturnType<ReturnType<typeof engineNamed>['start']>>
  try {
    engine = await engineNamed(name).start()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return skipped(claim, `not run: ${error.message}`)
  }
  try {
    return judged(claim, await applied(engine, folder, regime, first))
  } catch (error) {
    return unchecked(claim, error)
  } finally {
    await engine.stop()
  }
}

async function applied(
  engine: Engine,
  folder: MigrationsFolder,
  regime: Regime,
  first: readonly string[],
): Promise<Trouble[]> {
  const database = await engine.open({ holds: 'platform', regime })
  const session = await database.connect()
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    for (const file of folder.files) {
      const refusal = await refusalOf(session, file)
      if (refusal) return [refused(file.name, refusal)]
    }
    return isOurs(folder) ? unlike(await schemaChanges(session)) : []
  } finally {
    await session.close()
    await database.close()
  }
}

/** The trouble of a file that is refused. */
export function refused(name: string, { message, code, hint }: SqlError): Trouble {
  return {
    objects: [name],
    reason: `The server refuses it: ${message} (SQLSTATE ${code}).`,
    ...(hint ? { hint } : {}),
  }
}

/** What the server says of a file that it refuses. */
export async function refusalOf(session: Session, file: MigrationFile): Promise<SqlError | undefined> {
  try {
    await runFile(session, file)
    return undefined
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
}

function isOurs({ path }: MigrationsFolder): boolean {
  return path === resolve(migrationsFolder)
}

/** What the recorded state of our own schema has otherwise. */
function unlike(changes: Awaited<ReturnType<typeof schemaChanges>>): Trouble[] {
  return changes.map(({ objects, have, want }) => ({
    objects,
    reason: 'It is not as supabase/schema.facts.jsonl has it.',
    hint: '`npm run schema` records what the migrations make now.',
    ...(have === undefined ? {} : { have }),
    ...(want === undefined ? {} : { want }),
  }))
}
