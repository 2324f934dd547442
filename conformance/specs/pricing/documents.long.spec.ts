/**
 * docs/prices.md: every command in it runs, and ends as it says.
 *
 * Method: the commands are read from the document, and run as a person would; reports and files go where it sends them,
 * into a folder of the test's own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, verb } from '../../harness/index.ts'
import { LEFT_OUT } from '../../pricing/index.ts'

const text = readFileSync('docs/prices.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'prices-'))
afterAll(() => rmSync(folder, { recursive: true }))

const commands = [...text.matchAll(/^npm run ([\w:]+) -- (.*?)(?: # status (\d))?$/gm)].map(
  ([, name = '', args = '', status = '0']) => ({ name, args, status: Number(status) }),
)

/** Arguments as a shell takes them: words, and words in quotes. */
function words(args: string): string[] {
  return [...args.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = '']) =>
    (quoted ?? bare).replace(/^reports\//, `${folder}/`),
  )
}

test('the document has commands at all', () => {
  expect(commands.length).toBeGreaterThanOrEqual(8)
})

test.for(commands)('npm run $name -- $args', { timeout: 120_000 }, async ({ name, args, status }) => {
  const run = await verb(name.replace(':', '-'), words(args))
  expect(run.exitCode, run.stderr).toBe(status)
})

test('the difference in the document is what the command prints', async () => {
  const [, printed = ''] = /```\n(~ groq[\s\S]*?)```/.exec(text) ?? []
  const first = commands.find(({ name }) => name === 'pricing:diff')
  const { stdout } = await verb('pricing-diff', words(first?.args ?? ''))
  expect(stdout.startsWith(printed)).toBe(true)
}, 120_000)

test('every kind that is not taken is in the table', () => {
  expect(LEFT_OUT.map(([kind]) => kind).filter((kind) => !text.includes(`\`${kind}\``))).toEqual([])
})

test('what was written is the same when it is made again', async () => {
  const sheet = 'fixtures/pricing/several-changes.json'
  const again = join(folder, 'again')
  const made = async () => {
    const run = await verb('pricing-migration', [sheet, '--out', again])
    expect(run.exitCode, run.stderr).toBe(0)
    const name = /migrations\/(\w+)\.sql/.exec(run.stderr)?.[1] ?? ''
    return [
      name,
      readFileSync(join(again, 'migrations', `${name}.sql`)),
      readFileSync(join(again, 'prices', `${name}.json`)),
    ]
  }
  const [first, ...texts] = await made()
  expect(await made()).toEqual([first, ...texts])
  const kept = await verb('pricing-migration', [
    join(again, 'prices', `${first}.json`),
    '--out',
    again,
    '--check',
  ])
  expect(kept.exitCode, kept.stderr).toBe(0)
}, 120_000)
