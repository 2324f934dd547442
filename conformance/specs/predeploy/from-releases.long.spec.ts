/**
 * Later files on databases of each released version, and on the last one with data in it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, expect, referenceServer, test } from '../../harness/index.ts'
import { readFolder, releasesStep } from '../../predeploy/index.ts'
import { plantedFolder, release } from './planted-folder.ts'

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

const FILES = {
  '20260101000000_notes.sql': 'create table public.notes (id int primary key, body text);',
  '20260102000000_titles.sql': 'alter table public.notes add column title text;',
  '20260103000000_required.sql': 'alter table public.notes alter column title set not null;',
}

/** What is said of upgrades, with rows from a script where one is given. */
async function upgrades(released: number, rows?: string): Promise<readonly string[]> {
  const path = plantedFolder(FILES)
  await release(path, released)
  const data = rows === undefined ? undefined : join(path, '..', 'rows.sql')
  if (data !== undefined) writeFileSync(data, rows ?? '')
  const { findings } = await releasesStep(await readFolder(path), {
    on: engine,
    ...(data === undefined ? {} : { data }),
  })
  return findings.map((one) => `${one.outcome}${'reason' in one ? `: ${one.reason}` : ''}`)
}

test('upgrades pass where no row stands in the way', async () => {
  expect(await upgrades(2)).toEqual(['passed'])
})

test('rows of the last version that stop a file are told, with the version', async () => {
  const [said, ...more] = await upgrades(2, `insert into public.notes values (1, 'x', null);`)
  expect(said).toMatch(
    /^failed: 20260103000000_required\.sql: From version 20260102000000_titles\.sql: The server refuses it: column "title"/,
  )
  expect(more).toEqual([])
})

test('without a release there is nothing to upgrade from', async () => {
  expect(await upgrades(0)).toEqual(['skipped: not applicable: no file is released yet'])
})

test('what a file sets ends with it, such as a dump’s search_path', async () => {
  const path = plantedFolder({
    '20260101000000_dump.sql': `select pg_catalog.set_config('search_path', '', false);
      create table public.notes (id int primary key);`,
    '20260102000000_more.sql': `create table more (id int primary key); set search_path = '';`,
    '20260103000000_most.sql': 'create table most (id int primary key);',
  })
  await release(path, 2)
  const data = join(path, '..', 'rows.sql')
  writeFileSync(data, 'insert into more values (1);')
  const { findings } = await releasesStep(await readFolder(path), { on: engine, data })
  expect(findings).toEqual([expect.objectContaining({ outcome: 'passed' })])
})

test('an extension that the server lacks is no fault of the file', async () => {
  const path = plantedFolder({
    '20260101000000_notes.sql': 'create table public.notes (id int primary key);',
    '20260102000000_vector.sql': 'create extension if not exists vector with schema extensions;',
  })
  await release(path, 1)
  const { findings } = await releasesStep(await readFolder(path), { on: engine })
  expect(findings).toEqual([
    expect.objectContaining({
      outcome: 'error',
      reason: expect.stringMatching(/^20260102000000_vector\.sql: .* do not have the extension vector/),
    }),
  ])
})

test('a script that is run first stands in for an extension', async () => {
  const path = plantedFolder({
    '20260101000000_notes.sql': 'create table public.notes (id int primary key);',
    '20260102000000_vector.sql': `do $$ begin
        if exists (select from pg_available_extensions where name = 'vector') then
          create extension if not exists vector with schema extensions;
        end if;
      end $$;
      alter table public.notes add column place extensions.vector;`,
  })
  await release(path, 1)
  const first = join(path, '..', 'first.sql')
  writeFileSync(first, 'create domain extensions.vector as text;')
  const { findings } = await releasesStep(await readFolder(path), { on: engine, first: [first] })
  expect(findings).toEqual([expect.objectContaining({ outcome: 'passed' })])
})
