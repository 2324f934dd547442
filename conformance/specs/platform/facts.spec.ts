/**
 * The whole platform is what its public sources say.
 *
 * Method: fixtures/platform-facts.tsv has an object a line, with the file where it was read. The same inventory is read from a
 * database with the whole platform. Nothing may be missing, nothing may differ, and what is ours beside it is listed here.
 */
import { readFileSync } from 'node:fs'
import { expect, fixture, needs } from '../../harness/index.ts'

/** What is there and on no list of facts, and why. */
const OURS: readonly (readonly [RegExp, string])[] = [
  [/^\w+ realtime\.messages_default\b/, 'a test may live on any day: the service makes a partition a day'],
  [/^\w+ realtime\.schema_migrations\b/, 'the ledger that the library of the service makes'],
  [
    /^(role|membership) pgsodium_\w+/,
    'made by the extension pgsodium, which the platform once had everywhere',
  ],
  [/^membership pg_monitor in /, "PostgreSQL's own"],
  [
    /^membership postgres in (authenticator|supabase_functions_admin)$/,
    'who there may change them by a module of the server',
  ],
  [/^role supabase_realtime_admin$/, 'of the service'],
]

const lines = readFileSync(new URL('../../../fixtures/platform-facts.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
const sources = lines.filter((line) => line.startsWith('# source\t')).map((line) => line.split('\t'))
const facts = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('\t'))

const claim = needs('own-database', 'bare-platform', 'thorough-run')

claim('every object that the sources name is there, and as they say', async ({ engineKind }) => {
  // A server that no project has made roles on.
  const server = await engineKind.start()
  const database = await server.open({ holds: 'supabase' })
  try {
    const session = await database.connect()
    await session.query(`set search_path = ''`)
    const rows = await session.query(fixture('platform-inventory'))
    const here = new Map(rows.map(({ object, is }) => [object ?? '', is ?? '']))
    await session.close()
    expect(facts.length).toBeGreaterThan(650)
    const wrong = facts.filter(([object = '', is]) => here.get(object) !== is)
    expect(wrong.map(([object = '', is]) => ({ object, is: here.get(object), expected: is }))).toEqual([])
    const named = new Set(facts.map(([object]) => object))
    const unnamed = [...here.keys()].filter((object) => !named.has(object))
    expect(unnamed.filter((object) => !OURS.some(([pattern]) => pattern.test(object)))).toEqual([])
  } finally {
    await database.close()
    await server.stop()
  }
})

claim('every fact says where and at which version it was read', () => {
  const known = sources.map(([, name, url, day]) => {
    expect(url).toMatch(/^https:\/\/github\.com\/supabase\/[a-z]+\/tree\/[0-9a-f]{40}$/)
    expect(day).toMatch(/^20\d\d-\d\d-\d\d$/)
    return name
  })
  for (const [object, , source, file] of facts)
    expect({ object, source, file }).toMatchObject({
      source: expect.toBeOneOf(known),
      file: expect.stringMatching(/\.(sql|ex|go)$/),
    })
})
