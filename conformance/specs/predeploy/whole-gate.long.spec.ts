/**
 * The whole gate on the migrations of other kinds of projects: it lets each pass as it is, and names each planted fault.
 *
 * Method: nothing is left out, neither servers nor the CLI, so it takes some 15 s a fault and is done in exhaustive runs alone. What
 * rows of a target decide has a target, with a history and rows. A fault may be named by several steps; all that is said is about it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { FAULTS, type Fault, FOLDERS } from '../../../fixtures/predeploy/faults.ts'
import type { RunningEngine } from '../../engines/index.ts'
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  inject,
  onTestFinished,
  referenceServer,
  test,
} from '../../harness/index.ts'
import { type GateResult, gate, type Target } from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'
import { connectionTo } from '../deploy/project.ts'
import { errorsOf, plantedFolder, warningsOf } from './planted-folder.ts'

const LEFT_OUT = 'not run: it takes some 15 s a fault; npm run test:exhaustive has the time'
const isLeftOut = inject('depth') !== 'exhaustive'

/** What stands at the targets of projects whose faults are about rows. */
const ROWS: Readonly<Partial<Record<Fault['folder'], string>>> = {
  files: `
    insert into public.tenants (id, name) values ('a0000000-0000-4000-8000-000000000001', 'Acme');
    insert into public.folders (id, tenant_id, name) values ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'in');
    insert into public.files (tenant_id, folder_id, name, size_bytes)
    select 'a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'twice', i from generate_series(1, 2) as i;`,
  ledger: `
    insert into ledger.accounts (name, kind, currency) values ('Cash desk', 'asset', 'EUR'), ('Takings', 'income', 'EUR');
    insert into ledger.transactions (id, reference) values ('c0000000-0000-4000-8000-000000000001', 'a long reference');
    insert into ledger.entries (transaction_id, line, account_id, amount)
    select 'c0000000-0000-4000-8000-000000000001', row_number() over (order by name), id, case name when 'Takings' then -10 else 10 end
    from ledger.accounts where name in ('Cash desk', 'Takings');`,
}

/** How the gate names each kind of what only a database can tell. */
const STEPS: Readonly<Record<string, string>> = {
  privileges: 'privileges/',
  behaviour: 'former-release/',
  replay: 'replay/',
  data: 'data/',
}

let engine: RunningEngine
beforeAll(async () => {
  if (!isLeftOut) engine = await referenceServer()
})
afterAll(() => engine?.stop())

function filesOf(folder: string): Record<string, string> {
  const path = `fixtures/predeploy/${folder}/migrations`
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(`${path}/${name}`, 'utf8')]))
}

function withFault({ folder, file, from, to }: Fault): Record<string, string> {
  const files = filesOf(folder)
  return { ...files, [file]: from === undefined ? to : (files[file] ?? '').replace(from, () => to) }
}

/** A database that has the project's files, by its history, and rows. */
async function targetOf(folder: Fault['folder']): Promise<Target> {
  const database = await engine.open({ holds: 'platform' })
  onTestFinished(() => database.close())
  const session = await database.connect()
  const files = filesOf(folder)
  for (const sql of Object.values(files)) await session.run(sql)
  await session.run(`create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);`)
  for (const name of Object.keys(files)) {
    const [, version, title] = /^(\d+)_(.*)\.sql$/.exec(name) ?? []
    await session.query('insert into supabase_migrations.schema_migrations (version, name) values ($1, $2)', [
      version,
      title,
    ])
  }
  await session.run(ROWS[folder] ?? '')
  onTestFinished(() => session.close())
  return {
    connection: await connectionTo(database.url),
    reading: (work) => inReadOnlyTransaction(session, () => work(session)),
  }
}

function judged(files: Readonly<Record<string, string>>, target?: Target): Promise<GateResult> {
  return gate({ folder: plantedFolder(files), on: engine, ...(target ? { target } : {}) })
}

describe('the whole gate', () => {
  test.for(FOLDERS)('lets %s pass', async (folder, { skip }) => {
    if (isLeftOut) skip(LEFT_OUT)
    expect(errorsOf(await judged(filesOf(folder)))).toEqual([])
  })

  test.for(FAULTS)('names what is planted in $folder: $what', async (fault, { skip }) => {
    if (isLeftOut) skip(LEFT_OUT)
    const target = fault.finding === 'data' ? await targetOf(fault.folder) : undefined
    const result = await judged(withFault(fault), target)
    const errors = errorsOf(result)
    const told = [...errors, ...warningsOf(result), ...result.notes.map(({ group }) => `${group}/`)]
    expect(told.join('\n')).toContain(STEPS[fault.finding] ?? `${fault.finding}: ${fault.file}`)
    // What follows from it names its file, or an object that only a database knows.
    const others = errors.filter((id) => !id.includes(fault.file))
    expect(others.filter((id) => !/^(privileges|former-release|data|advisors|replay)\//.test(id))).toEqual([])
  })
})
