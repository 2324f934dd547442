/** A project of somebody else's, and a database for it: what the specs of the gate and of the deploy go on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, findConnection } from '../../connection/index.ts'
import {
  connectRemote,
  type Database,
  type OpenOptions,
  type RunningEngine,
  type Session,
} from '../../engines/index.ts'
import { afterAll, beforeAll, onTestFinished, referenceServer } from '../../harness/index.ts'
import {
  type CliResult,
  type Deploy,
  deploy,
  type Plan,
  planOf,
  readFolder,
  runCli,
  targetStep,
} from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'

function closed(table: string): string {
  return `alter table public.${table} enable row level security;
revoke all on public.${table} from anon, authenticated;
`
}

/** Two migrations of a shop. */
export const SHOP = {
  '20250101000001_goods.sql': `create table public.goods (id int primary key, name text not null);
${closed('goods')}`,
  '20250101000002_orders.sql': `-- What was bought.
create table public.orders (id int primary key);
alter table public.orders add column at timestamptz;
${closed('orders')}`,
} as const

/** A folder of migrations; see {@link projectOf} for one of a test’s own. */
export class Project {
  readonly root = mkdtempSync(join(tmpdir(), 'project-spec-'))
  readonly folder = join(this.root, 'supabase/migrations')

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(this.folder, { recursive: true })
    this.write(files)
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(this.folder, name), sql)
  }

  remove(...names: readonly string[]): void {
    for (const name of names) rmSync(join(this.folder, name))
  }

  delete(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  /** The real CLI’s `db push` of the whole folder, or another command of it. */
  async cli(url: string | undefined, args: readonly string[] = ['db', 'push', '--yes']): Promise<CliResult> {
    return runCli(args, await connectionTo(url), { workdir: this.root })
  }

  /** The plan that the gate makes for a database once all else has passed. Throws when the target fails. */
  async plan(url: string | undefined, validForMs = 60_000): Promise<Plan> {
    const connection = await connectionTo(url)
    const session = await connectRemote(connection)
    try {
      const folder = await readFolder(this.folder)
      return await inReadOnlyTransaction(session, async () => {
        const { findings, identity } = await targetStep(session, folder, connection)
        const failed = findings.filter(({ outcome }) => outcome === 'failed' || outcome === 'error')
        if (failed.length > 0) throw new Error(JSON.stringify(failed))
        return planOf(session, folder, { identity, findings, createdAt: new Date(), validForMs })
      })
    } finally {
      await session.close()
    }
  }

  /** Carries a plan out, and answers what came of it in words. */
  async deploy(plan: Plan, url: string | undefined, how: Partial<Deploy> = {}): Promise<DeployedInWords> {
    const lines: string[] = []
    const { findings, sections = [] } = await deploy({
      plan,
      folder: await readFolder(this.folder),
      connection: await connectionTo(url),
      waitMs: 0,
      lockTimeoutMs: 2_000,
      attempts: 1,
      signal: new AbortController().signal,
      beforePush: async () => {},
      ...how,
      progress: (line) => {
        lines.push(line)
        how.progress?.(line)
      },
    })
    const rows = sections.find(({ title }) => title === 'What is applied')?.rows ?? []
    return {
      failed: findings.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id),
      passed: findings.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id),
      words: findings.map((each) => `${reasonIn(each)} ${'hint' in each ? each.hint : ''}`).join('\n'),
      states: Object.fromEntries(rows.map(([file, state]) => [file, state])),
      progress: lines.join('\n'),
    }
  }

  /** What the gate says of the target: the ids of what failed, with the reason and what to do; warnings by their text. */
  async target(url: string | undefined): Promise<Judged> {
    const connection = await connectionTo(url)
    const session = await connectRemote(connection)
    try {
      return await this.judged(session, connection)
    } finally {
      await session.close()
    }
  }

  async judged(session: Session, connection: Connection): Promise<Judged> {
    const folder = await readFolder(this.folder)
    const {
      findings,
      notes,
      sections = [],
    } = await inReadOnlyTransaction(session, () => targetStep(session, folder, connection))
    return {
      failed: findings.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id),
      unchecked: findings.filter(({ outcome }) => outcome === 'error').map(({ id }) => id),
      words: findings.map((each) => `${reasonIn(each)} ${'hint' in each ? each.hint : ''}`).join('\n'),
      warnings: notes.filter(({ kind }) => kind === 'warning').map(({ text }) => text),
      sections: JSON.stringify(sections),
    }
  }
}

function reasonIn(each: object): string {
  return 'reason' in each ? String(each.reason) : ''
}

/** A folder of migrations that goes with the test. */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const project = new Project(files)
  onTestFinished(() => project.delete())
  return project
}

/** See {@link Project.deploy}. */
export interface DeployedInWords {
  readonly failed: readonly string[]
  readonly passed: readonly string[]
  readonly words: string
  /** File → what has become of it. */
  readonly states: Readonly<Record<string, string>>
  readonly progress: string
}

/** See {@link Project.target}. */
export interface Judged {
  readonly failed: readonly string[]
  readonly unchecked: readonly string[]
  readonly words: string
  readonly warnings: readonly string[]
  readonly sections: string
}

/** How a database is reached by its URL. */
export async function connectionTo(url = ''): Promise<Connection> {
  const connection = await findConnection({ dbUrl: url }, { variables: {}, folder: tmpdir() })
  if (!connection) throw new Error('There is no connection for a URL.')
  return connection
}

/** Databases of a server: each goes with its test, and those for all tests of a file with the server. */
export type OwnDatabase = ((options?: OpenOptions) => Promise<Database>) & {
  readonly forFile: (options?: OpenOptions) => Promise<Database>
}

/** A server for the specs of a file. */
export function serverForFile(): OwnDatabase {
  let server: RunningEngine | undefined
  beforeAll(async () => {
    server = await referenceServer()
  })
  afterAll(async () => server?.stop())
  const forFile = async (options?: OpenOptions) => {
    if (!server) throw new Error('The server of this file has not started.')
    return server.open(options)
  }
  const forTest = async (options?: OpenOptions) => {
    const database = await forFile(options)
    onTestFinished(() => database.close())
    return database
  }
  return Object.assign(forTest, { forFile })
}
