/** What running pgTAP files costs, beside pg_prove on the same server, and what copying a database for each adds. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../engines/index.ts'
import { applyProject, type Project, readProject, runFiles } from '../pgtap-files/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { middle } from './ratio.ts'

/** How much is measured. */
export interface PgtapBench {
  readonly files: number
  readonly migrations: number
  readonly projectFiles: number
  readonly rounds: number
}

/** In milliseconds, medians over rounds that were taken in turns. */
export interface PgtapFigures {
  /** All files in one database. */
  readonly here: number
  /** The same by pg_prove; nothing where it is not installed. */
  readonly pgProve: number | undefined
  /** Applying the migrations, then all files in one database. */
  readonly together: number
  /** Applying them once, then each file in a copy. */
  readonly apart: number
}

/** Measures in a project of its own. Leaves nothing behind. */
export async function measurePgtap(engine: Engine, bench: PgtapBench): Promise<PgtapFigures> {
  const folder = temporaryFolder('bench-pgtap-')
  try {
    const project = await makeProject(folder, bench)
    const rounds: PgtapFigures[] = []
    for (let round = 0; round < bench.rounds; round += 1) rounds.push(await oneRound(engine, project, bench))
    const medianOf = (name: keyof PgtapFigures) =>
      middle(rounds.map((figures) => figures[name] ?? Number.NaN))
    const pgProve = medianOf('pgProve')
    return {
      here: medianOf('here'),
      pgProve: Number.isNaN(pgProve) ? undefined : pgProve,
      together: medianOf('together'),
      apart: medianOf('apart'),
    }
  } finally {
    removeFolder(folder)
  }
}

async function oneRound(engine: Engine, project: Project, bench: PgtapBench): Promise<PgtapFigures> {
  const names = (count: number) => Array.from({ length: count }, (_, i) => join(project.tests, fileName(i)))
  const open = () => engine.open({ holds: 'supabase', pgtap: true })
  const database = await open()
  const run = (files: readonly string[], shared: boolean, prepared: boolean) =>
    runFiles(files, {
      ...{ open: prepared ? async () => ({ ...database, close: async () => {} }) : open, shared },
      ...(prepared ? {} : { prepare: (session) => applyProject(project, session, () => {}) }),
      ...{ folder: project.folder, first: [], variables: {}, note: () => {} },
    })
  try {
    const session = await database.connect()
    await applyProject(project, session, () => {})
    await session.close()
    const files = names(bench.files)
    return {
      here: await timed(() => run(files, true, true)),
      pgProve: provedIn(database.url, files, project.folder),
      together: await timed(() => run(names(bench.projectFiles), true, false)),
      apart: await timed(() => run(names(bench.projectFiles), false, false)),
    }
  } finally {
    await database.close()
  }
}

async function timed(work: () => Promise<readonly { readonly outcome: string }[]>): Promise<number> {
  const begin = performance.now()
  const results = await work()
  if (results.some(({ outcome }) => outcome !== 'passed'))
    throw new Error('A file that is measured does not pass.')
  return performance.now() - begin
}

function provedIn(url: string | undefined, files: readonly string[], cwd: string): number | undefined {
  const begin = performance.now()
  const { status, error } = spawnSync('pg_prove', ['--dbname', url ?? '', ...files], { cwd })
  if (error) return undefined
  if (status !== 0) throw new Error('pg_prove fails a file that passes here.')
  return performance.now() - begin
}

const fileName = (i: number) => `${String(i).padStart(3, '0')}.sql`

async function makeProject(
  folder: string,
  { migrations, files, projectFiles }: PgtapBench,
): Promise<Project> {
  mkdirSync(join(folder, 'supabase', 'migrations'), { recursive: true })
  mkdirSync(join(folder, 'supabase', 'tests'))
  for (let i = 0; i < migrations; i += 1)
    writeFileSync(
      join(folder, 'supabase', 'migrations', `2024${String(10_000_000 + i)}_table_${i}.sql`),
      `create table public.t${i} (id bigint generated always as identity primary key, owner uuid references auth.users (id), body text);
       create index on public.t${i} (owner);
       alter table public.t${i} enable row level security;
       create policy own on public.t${i} using (owner = (select auth.uid()));`,
    )
  for (let i = 0; i < Math.max(files, projectFiles); i += 1)
    writeFileSync(join(folder, 'supabase', 'tests', fileName(i)), testOf(i % Math.max(migrations, 1)))
  return readProject(folder)
}

/** A file of twenty tests, of the kinds that projects have most. */
function testOf(table: number): string {
  const claims = Array.from({ length: 5 }, (_, i) =>
    [
      `select has_table('public', 't${table}', 'table ${i}');`,
      `select col_type_is('public', 't${table}', 'owner', 'uuid', 'owner ${i}');`,
      `select policies_are('public', 't${table}', array['own'], 'policies ${i}');`,
      `select is_empty('select * from public.t${table}', 'rows ${i}');`,
    ].join('\n'),
  )
  return ['begin;', 'select plan(20);', ...claims, 'select * from finish();', 'rollback;', ''].join('\n')
}
