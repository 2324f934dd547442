/**
 * A released migration does not change: by the manifest, else by what the main branch has.
 *
 * Method: three files are released, and then something is done to them; with a manifest, and in a repository of a test’s own.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, verb } from '../../harness/index.ts'
import { manifestOf, readFolder, readManifest, releasedTroubles } from '../../predeploy/index.ts'
import { plantedFolder, release } from './planted-folder.ts'

const [A, B, C, D] = [
  '20260101000001_a.sql',
  '20260101000002_b.sql',
  '20260101000003_c.sql',
  '20260101000004_d.sql',
] as const
const FILES = { [A]: 'select 1;\n', [B]: 'select 2;\n', [C]: 'select 3;\n' }

interface Change {
  readonly what: string
  readonly change: (path: string) => void
  readonly found: readonly RegExp[]
}

const CHANGES: readonly Change[] = [
  { what: 'nothing', change: () => undefined, found: [] },
  { what: 'a new file', change: (path) => writeFileSync(join(path, D), 'select 4;\n'), found: [] },
  {
    what: 'an edit',
    change: (path) => writeFileSync(join(path, B), 'select 22;\n'),
    found: [/^20260101000002_b\.sql It (was released|is on the main branch), and says something else now/],
  },
  {
    what: 'an edit of white space',
    change: (path) => writeFileSync(join(path, C), 'select 3; \n'),
    found: [/^20260101000003_c\.sql .* says something else now/],
  },
  {
    what: 'a rename',
    change: (path) => renameSync(join(path, C), join(path, D)),
    found: [/^20260101000003_c\.sql .* is called 20260101000004_d\.sql now/],
  },
  {
    what: 'a removal',
    change: (path) => rmSync(join(path, A)),
    found: [/^20260101000001_a\.sql .* is not there any more/],
  },
  {
    what: 'a new file before the last released one',
    change: (path) => writeFileSync(join(path, '20260101000002_ba.sql'), 'select 4;\n'),
    found: [/^20260101000002_ba\.sql It is new, and comes before 20260101000003_c\.sql/],
  },
  {
    what: 'two files that change places',
    change: (path) => {
      writeFileSync(join(path, A), FILES[B])
      writeFileSync(join(path, B), FILES[A])
    },
    found: [/^20260101000001_a\.sql .* says something else/, /^20260101000002_b\.sql .* says something else/],
  },
]

async function troublesOf(path: string): Promise<string[] | undefined> {
  return releasedTroubles(await readFolder(path))?.map(({ objects, reason }) => `${objects.join()} ${reason}`)
}

function expectFound(troubles: readonly string[] | undefined, found: readonly RegExp[]): void {
  expect(troubles).toHaveLength(found.length)
  for (const [i, pattern] of found.entries()) expect(troubles?.[i]).toMatch(pattern)
}

function repository(path: string): (...args: string[]) => string {
  const root = dirname(path)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: root,
      encoding: 'utf8',
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message=first')
  return git
}

describe('with a manifest', () => {
  test.for(CHANGES)('$what', async ({ change, found }) => {
    const path = plantedFolder(FILES)
    await release(path)
    change(path)
    expectFound(await troublesOf(path), found)
  })

  test('what is not in it may change', async () => {
    const path = plantedFolder(FILES)
    await release(path, 2)
    writeFileSync(join(path, C), 'select 33;\n')
    expect(await troublesOf(path)).toEqual([])
  })

  test('it decides alone, whatever git says', async () => {
    const path = plantedFolder(FILES)
    await release(path, 1)
    repository(path)
    rmSync(join(path, C))
    expect(await troublesOf(path)).toEqual([])
  })

  test('a line that is taken out, or moved, is noticed', async () => {
    const path = plantedFolder(FILES)
    await release(path)
    const manifest = manifestOf(path)
    const [head = '', a = '', b = '', c = ''] = readFileSync(manifest, 'utf8').split('\n')
    writeFileSync(manifest, [head, a, c, ''].join('\n'))
    expectFound(await troublesOf(path), [/_c\.sql It was released, and says/, /_b\.sql It is new/])
    writeFileSync(manifest, [head, b, a, c, ''].join('\n'))
    expect((await troublesOf(path))?.join('\n')).toContain('not in the order in which the files are applied')
  })

  test('CRLF at the ends of its lines changes nothing', async () => {
    const path = plantedFolder(FILES)
    await release(path)
    const manifest = manifestOf(path)
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('\n', '\r\n'))
    expect(await troublesOf(path)).toEqual([])
    expect((await verb('migrations-release', ['--migrations', path, '--check'])).exitCode).toBe(0)
    writeFileSync(join(path, B), 'select 22;\n')
    expectFound(await troublesOf(path), [/_b\.sql It was released, and says something else/])
  })

  test('a line that is none is an error that names it', () => {
    const path = plantedFolder(FILES)
    writeFileSync(manifestOf(path), '# Head\nabc  20260101000001_a.sql\n')
    expect(() => readManifest(manifestOf(path))).toThrow(/migrations\.lock, line 2: expected 64 hexadecimal/)
  })
})

describe('without a manifest, in a repository', () => {
  test.for(CHANGES)('on a branch: $what', async ({ change, found }) => {
    const path = plantedFolder(FILES)
    const git = repository(path)
    git('switch', '--quiet', '--create', 'work')
    change(path)
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--message=second')
    expectFound(await troublesOf(path), found)
  })

  test('what is not committed counts as well', async () => {
    const path = plantedFolder(FILES)
    repository(path)
    writeFileSync(join(path, B), 'select 22;\n')
    expectFound(await troublesOf(path), [/_b\.sql It is on the main branch, and says something else now/])
  })

  test('what the main branch got since is not missing here', async () => {
    const path = plantedFolder(FILES)
    const git = repository(path)
    git('branch', 'work')
    writeFileSync(join(path, D), 'select 4;\n')
    git('add', '.')
    git('commit', '--quiet', '--message=meanwhile')
    git('switch', '--quiet', 'work')
    expect(existsSync(join(path, D))).toBe(false)
    expect(await troublesOf(path)).toEqual([])
  })

  test('without a main branch nothing is known', async () => {
    const path = plantedFolder(FILES)
    const git = repository(path)
    git('branch', '--move', 'trunk')
    expect(await troublesOf(path)).toBeUndefined()
  })
})

test('outside a repository nothing is known', async () => {
  expect(await troublesOf(plantedFolder(FILES))).toBeUndefined()
})

describe('npm run migrations:release', () => {
  const run = (path: string, ...args: string[]) => verb('migrations-release', ['--migrations', path, ...args])

  test('releases all files, and writes the same again', async () => {
    const path = plantedFolder(FILES)
    expect((await run(path, '--check')).exitCode).toBe(1)
    expect(existsSync(manifestOf(path))).toBe(false)
    expect((await run(path)).exitCode).toBe(0)
    const first = readFileSync(manifestOf(path))
    expect(first.toString().trim().split('\n')).toHaveLength(4)
    expect((await run(path)).exitCode).toBe(0)
    expect((await run(path, '--check')).exitCode).toBe(0)
    expect(readFileSync(manifestOf(path)).equals(first)).toBe(true)
  })

  test('adds what is new, and leaves the lines before as they are', async () => {
    const path = plantedFolder(FILES)
    await release(path)
    const before = readFileSync(manifestOf(path), 'utf8')
    writeFileSync(join(path, D), 'select 4;\n')
    expect((await run(path, '--check')).stderr).toContain(D)
    expect((await run(path)).exitCode).toBe(0)
    expect(readFileSync(manifestOf(path), 'utf8').startsWith(before)).toBe(true)
  })

  test.for(CHANGES.filter(({ what }) => what === 'an edit' || what === 'a removal'))(
    'refuses, and writes nothing: $what',
    async ({ change }) => {
      const path = plantedFolder(FILES)
      await release(path)
      const before = readFileSync(manifestOf(path))
      change(path)
      const { exitCode, stderr } = await run(path)
      expect(exitCode, stderr).toBe(1)
      expect(stderr).toContain('Nothing is written.')
      expect(readFileSync(manifestOf(path)).equals(before)).toBe(true)
    },
  )

  test('a manifest that cannot be read is not replaced', async () => {
    const path = plantedFolder(FILES)
    writeFileSync(manifestOf(path), 'nonsense\n')
    expect((await run(path)).exitCode).toBe(2)
    expect(readFileSync(manifestOf(path), 'utf8')).toBe('nonsense\n')
  })
})

test('the migrations of this checkout are what their manifest says', async () => {
  expect(await troublesOf('supabase/migrations')).toEqual([])
})

test('a copy of a folder has the same manifest', async () => {
  const [path, copy] = [plantedFolder(FILES), plantedFolder({})]
  cpSync(path, copy, { recursive: true })
  await Promise.all([release(path), release(copy)])
  expect(readFileSync(manifestOf(copy)).equals(readFileSync(manifestOf(path)))).toBe(true)
})
