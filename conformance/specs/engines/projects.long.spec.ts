/**
 * Projects of the Supabase CLI, in the manner of public ones, run as they are; and as pg_prove runs them.
 *
 * Method: each project of fixtures/projects is applied once. Its files run here, and by pg_prove and psql on further copies of
 * the same database: the two have to print the same tests, with the same outcome. The project whose extension only one
 * engine has is run by the verb, in specs/house.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import type { Database, Engine } from '../../engines/index.ts'
import { expect, needs, needsTool } from '../../harness/index.ts'
import { applyProject, findFiles, readProject, runFiles } from '../../pgtap-files/index.ts'

const folder = fileURLToPath(new URL('../../../fixtures/projects/', import.meta.url))
const projects = readdirSync(folder).filter((name) => name !== 'vector-search')
/** What files make that the files after them use. */
const SHARING = ['analytics', 'todo-helpers']
/** What psql alone cannot have: there, the platform's own server creates these extensions. */
const BY_THE_PLATFORM = ['todo-helpers']

const claim = needs('pgtap', 'own-database', 'own-backend', 'network', 'time')

claim('there are twelve projects, of five migrations and more each', () => {
  expect(projects).toHaveLength(11)
  for (const name of projects) {
    const { scripts } = readProject(join(folder, name))
    expect({ name, migrations: scripts.filter(({ kind }) => kind === 'migration').length >= 5 }).toEqual({
      name,
      migrations: true,
    })
  }
})

for (const name of projects) {
  claim(`project ${name} passes as it is`, { timeout: 120_000 }, async ({ platformServer: engine }) => {
    const { outcomes, tests } = await here(engine, name)
    expect(outcomes.length).toBeGreaterThan(0)
    expect(outcomes.filter((outcome) => outcome !== 'passed')).toEqual([])
    expect(tests.length).toBeGreaterThan(3)
  })
}

for (const name of projects.filter((project) => !BY_THE_PLATFORM.includes(project))) {
  claim(
    `project ${name} is judged as by pg_prove`,
    { timeout: 120_000 },
    async ({ platformServer: engine, skip }) => {
      const pgProve = await needsTool('pg_prove', skip)
      expect((await here(engine, name)).tests).toEqual(await byPgProve(pgProve, engine, name))
    },
  )
}

/** Opens a database with the project in it. */
function opened(engine: Engine, name: string) {
  const project = readProject(join(folder, name))
  return {
    project,
    open: () => engine.open({ holds: 'supabase', pgtap: true, regime: 'open' }),
    files: findFiles([project.tests], project.folder),
  }
}

async function here(engine: Engine, name: string) {
  const { project, open, files } = opened(engine, name)
  const tests: string[] = []
  const results = await runFiles(files, {
    open,
    prepare: (session) => applyProject(project, session, () => {}),
    shared: SHARING.includes(name),
    folder: project.folder,
    first: [],
    variables: {},
    note: () => {},
    listener: { line: (line) => tests.push(...testsIn(line)) },
  })
  return {
    tests,
    outcomes: results.map(({ outcome, reasons }) => (reasons.length > 0 ? reasons.join(' ') : outcome)),
  }
}

async function byPgProve(pgProve: string, engine: Engine, name: string): Promise<string[]> {
  const { project, open, files } = opened(engine, name)
  const database = await open()
  try {
    const session = await database.connect()
    await applyProject(project, session, () => {})
    await session.close()
    const tests: string[] = []
    for (const file of files)
      tests.push(...(await proved(pgProve, database, join(project.folder, file), name)))
    return tests
  } finally {
    await database.close()
  }
}

async function proved(pgProve: string, base: Database, file: string, name: string): Promise<string[]> {
  const database = SHARING.includes(name) ? base : await base.copy?.()
  try {
    const shell = $({ quiet: true, nothrow: true })
    const { stdout } = await shell`${pgProve} --verbose --dbname ${database?.url ?? ''} ${file}`
    return stdout.split('\n').flatMap(testsIn)
  } finally {
    if (database !== base) await database?.close()
  }
}

/** The lines that are tests, as readers in Perl take them. */
function testsIn(line: string): string[] {
  return /^(not )?ok \d/.test(line) ? [line.replace(/ ?\|/, ' |')] : []
}
