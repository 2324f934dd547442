/**
 * What changed in the schema against the main branch, or else against the last release.
 *
 * Method: a checkout of the spec’s own becomes a repository; a branch of it changes files, and says what differs.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { $ } from 'zx'
import { afterAll, beforeAll, expect, ownCheckout, test } from '../../harness/index.ts'

const own = ownCheckout('conformance', 'supabase', 'fixtures')
afterAll(() => own.remove())

const shell = $({ cwd: own.folder, quiet: true })
const git = (...args: string[]) =>
  shell`git -c user.name=Ada -c user.email=ada@example.org -c commit.gpgsign=false ${args}`
const MIGRATIONS = join(own.folder, 'supabase/migrations')
const FACTS = join(own.folder, 'supabase/schema.facts.jsonl')
const ACCESS = join(MIGRATIONS, '20260106000009_access.sql')

const Since = z.object({
  base: z.string(),
  migrations: z.array(z.object({ name: z.string(), state: z.string() })),
  changes: z.array(
    z.object({ object: z.string(), have: z.string().optional(), want: z.string().optional() }),
  ),
})

async function since() {
  const ask = `import { sinceBase } from './conformance/evidence/index.ts'
    process.stdout.write(JSON.stringify(await sinceBase() ?? null))`
  const { stdout } = await shell`node --import tsx --input-type=module -e ${ask}`
  return Since.nullable().parse(JSON.parse(stdout))
}

/** Writes another default into the facts, as `npm run schema` would after a change of the migration. */
function changeDefault(): void {
  const text = readFileSync(FACTS, 'utf8')
  const line = text.split('\n').find((each) => /"column warning_threshold: definition"/.test(each)) ?? ''
  expect(line).toContain('0.80')
  writeFileSync(FACTS, text.replace(line, line.replace('0.80', '0.90')))
}

beforeAll(async () => {
  writeFileSync(join(own.folder, '.gitignore'), 'node_modules\n')
})

test('outside a repository there is no answer', async () => {
  expect(await since()).toBeNull()
})

test('on the main branch nothing differs; on another, what was changed', async () => {
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message=first')
  const { stdout } = await git('rev-parse', '--short=7', 'HEAD')
  const base = `main (${stdout.trim()})`
  expect(await since()).toEqual({ base, migrations: [], changes: [] })

  await git('switch', '--quiet', '--create', 'branch')
  appendFileSync(ACCESS, '-- Said later.\n')
  expect(await since()).toEqual({
    base,
    migrations: [{ name: '20260106000009_access.sql', state: 'changed' }],
    changes: [],
  })

  renameSync(ACCESS, join(MIGRATIONS, '20260107000000_access.sql'))
  changeDefault()
  await git('add', '.')
  await git('commit', '--quiet', '--message=second')
  const told = await since()
  expect(told?.migrations).toEqual([
    { name: '20260106000009_access.sql', state: 'removed' },
    { name: '20260107000000_access.sql', state: 'added' },
  ])
  expect(told?.changes).toEqual([
    {
      object: 'table copilot_internal.cost_quotas',
      have: expect.stringContaining('0.90'),
      want: expect.stringContaining('0.80'),
    },
  ])
})

test('where the main branch has it all, the last release counts', async () => {
  await git('tag', 'v0.9.0', 'main')
  await git('branch', '--force', 'main', 'branch')
  const told = await since()
  expect(told?.base).toBe('v0.9.0')
  expect(told?.changes.map(({ object }) => object)).toEqual(['table copilot_internal.cost_quotas'])
})
