/**
 * The files as the real Supabase CLI pushes them, and what its advisors say of the result.
 */
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, expect, referenceServer, test } from '../../harness/index.ts'
import { pushedStep, readFolder, type StepResult } from '../../predeploy/index.ts'
import { plantedFolder } from './planted-folder.ts'

const FILES = {
  '20260101000000_notes.sql': `create table public.notes (id int primary key, body text);
    alter table public.notes enable row level security;
    create policy notes_select on public.notes for select to authenticated using (body = (select auth.uid())::text);
    grant select on public.notes to authenticated;`,
  '20260102000000_titles.sql': `alter table public.notes add column title text;`,
}

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

async function pushed(files: Readonly<Record<string, string>>): Promise<StepResult> {
  return pushedStep(await readFolder(plantedFolder(files)), { on: engine })
}

const inWords = ({ findings }: StepResult) =>
  findings.map((one) => `${one.id.replace(/: .*/, '')} ${one.outcome}`)

test('a clean folder is pushed, again, after a kill, without advice', async () => {
  expect(inWords(await pushed(FILES))).toEqual([
    'replay/cli-push passed',
    'replay/cli-again passed',
    'replay/cli-killed passed',
    'advisors/silent passed',
  ])
})

test('an advisor that complains of a schema of one’s own is heard', async () => {
  const result = await pushed({
    ...FILES,
    '20260103000000_view.sql': `create schema shop;
      create view shop.all_notes as select * from public.notes;
      grant usage on schema shop to authenticated;
      grant select on shop.all_notes to authenticated;`,
  })
  expect(inWords(result)).toContain('advisors/silent failed')
  const [found] = result.findings.filter(({ outcome }) => outcome === 'failed')
  expect(found).toMatchObject({ reason: expect.stringMatching(/security_definer_view: .*shop\.all_notes/) })
})

test('what the CLI cannot push is told in its own words', async () => {
  const result = await pushed({
    ...FILES,
    '20260103000000_typo.sql': 'alter table public.noted add column x int;',
  })
  expect(inWords(result)).toEqual([
    'replay/cli-push failed',
    'replay/cli-again skipped',
    'replay/cli-killed skipped',
    'advisors/silent skipped',
  ])
  expect(result.findings[0]).toMatchObject({ reason: expect.stringContaining('public.noted') })
})

test('an extension that the server lacks is no fault of a push', async () => {
  const result = await pushed({
    '20260103000000_vector.sql': 'create extension vector with schema extensions;',
  })
  expect(inWords(result)).toEqual([
    'replay/cli-push error',
    'replay/cli-again skipped',
    'replay/cli-killed skipped',
    'advisors/silent skipped',
  ])
  expect(result.findings[0]).toMatchObject({ reason: expect.stringContaining('the extension vector') })
})
