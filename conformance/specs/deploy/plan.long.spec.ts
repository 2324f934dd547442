/**
 * A plan is for one state of one target, of one folder, for a time: whatever has changed since, nothing is applied.
 *
 * Method: a plan is made by the gate; then the plan, the folder or the target is changed. No refusal starts the CLI.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '../../harness/index.ts'
import { readPlan, writePlan } from '../../predeploy/index.ts'
import { projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()

/** A plan for a new database, and the file it was written to. */
async function planned(planForMs?: number) {
  const { url, connect } = await ownDatabase({ holds: 'platform' })
  const project = projectOf(SHOP)
  const plan = await project.plan(url, planForMs)
  const file = join(project.root, 'plan.json')
  writePlan(file, plan)
  return { url, connect, project, plan, file }
}

describe('a file', () => {
  test('that was written is read as it was', async () => {
    const { plan, file, url = '' } = await planned()
    expect(readPlan(file)).toEqual(plan)
    expect(plan.pending).toEqual(Object.keys(SHOP))
    expect(readFileSync(file, 'utf8')).not.toContain(new URL(url).password)
  })

  test('that was edited, cut or is none is refused in one sentence', async () => {
    const { file } = await planned()
    const text = readFileSync(file, 'utf8')
    const changed: readonly (readonly [string, RegExp])[] = [
      [text.replace('20250101000001_goods', '20250101000001_other'), /was edited since it was written/],
      [text.replace(/"staleAfter": "2/, '"staleAfter": "3'), /was edited since it was written/],
      [text.replace('"pending"', '"planned"'), /was edited or cut/],
      [text.slice(0, -100), /is no plan, or was cut off/],
      [text.replace('"version": 1', '"version": 2'), /of another version than 1/],
      ['{}', /is no plan/],
      ['[]', /is no plan/],
    ]
    for (const [other, words] of changed) {
      writeFileSync(file, other)
      expect(() => readPlan(file)).toThrow(words)
    }
    expect(() => readPlan(`${file}.none`)).toThrow(/There is no plan .*none: make one/)
  })

  test('that is somebody’s is not written over', async () => {
    const { plan, project } = await planned()
    const notes = join(project.root, 'notes.txt')
    writeFileSync(notes, 'mine')
    expect(() => writePlan(notes, plan)).toThrow(/is there and is no plan/)
    expect(readFileSync(notes, 'utf8')).toBe('mine')
  })
})

describe('nothing is applied', () => {
  const nothing = async (connect: Awaited<ReturnType<typeof ownDatabase>>['connect']) => {
    const session = await connect()
    const rows = await session.query(
      `select to_regclass('public.goods') is null and to_regclass('supabase_migrations.schema_migrations') is null as nothing`,
    )
    await session.close()
    return rows[0]?.['nothing'] === 't'
  }

  test('when the plan is stale', async () => {
    const { url, connect, project, plan } = await planned(1)
    expect((await project.deploy(plan, url)).failed).toEqual(['deploy/plan: plan'])
    expect(await nothing(connect)).toBe(true)
  })

  test('when a file was changed, added or removed', async () => {
    const { url, connect, project, plan } = await planned()
    project.write({ '20250101000001_goods.sql': 'select 1;\n', '20250101000003_new.sql': 'select 1;\n' })
    project.remove('20250101000002_orders.sql')
    const { failed, words } = await project.deploy(plan, url)
    expect(failed).toEqual([
      'deploy/files: 20250101000001_goods.sql',
      'deploy/files: 20250101000002_orders.sql',
      'deploy/files: 20250101000003_new.sql',
    ])
    for (const said of ['changed since', 'gone since', 'new since']) expect(words).toContain(said)
    expect(await nothing(connect)).toBe(true)
  })

  test('when the target is another database', async () => {
    const { project, plan } = await planned()
    const other = await ownDatabase({ holds: 'platform' })
    const { failed, words } = await project.deploy(plan, other.url)
    expect(failed).toEqual(['deploy/target: target'])
    expect(words).toContain('The plan is for another database.')
    expect(await nothing(other.connect)).toBe(true)
  })

  test.for([
    'create table public.others (id int)',
    'create function public.f() returns int language sql as $$ select 1 $$',
    'grant create on schema public to authenticated',
  ])('when the target has changed: %s', async (statement) => {
    const { url, connect, project, plan } = await planned()
    const session = await connect()
    await session.run(statement)
    await session.close()
    const { failed, words } = await project.deploy(plan, url)
    expect(failed).toEqual(['deploy/target: target'])
    expect(words).toContain('changed since the plan')
    expect(await nothing(connect)).toBe(true)
  })

  test('when another deploy is at work, whose holder is named', async () => {
    const { url, connect, project, plan } = await planned()
    const holder = await connect()
    await holder.query(
      `select set_config('application_name', 'deploy by somebody', false), pg_advisory_lock(1349673327, 1)`,
    )
    const { failed, words } = await project.deploy(plan, url)
    await holder.close()
    expect(failed).toEqual(['deploy/alone: target'])
    expect(words).toMatch(/Another deploy is at work: deploy by somebody, process \d+/)
    expect(await nothing(connect)).toBe(true)
  })
})

test('rows, sequences and statistics are no change of the target', async () => {
  const { url, connect } = await ownDatabase({ holds: 'platform' })
  const session = await connect()
  await session.run('create table public.used (id serial)')
  const project = projectOf(SHOP)
  const before = await project.plan(url)
  await session.run('insert into public.used default values; analyze public.used')
  expect((await project.plan(url)).fingerprint).toBe(before.fingerprint)
  await session.run('comment on table public.used is null; alter table public.used enable row level security')
  expect((await project.plan(url)).fingerprint).not.toBe(before.fingerprint)
  await session.close()
})
