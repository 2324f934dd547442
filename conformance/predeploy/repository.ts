/** The first step: what can be told from the files alone. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { nodeAs, type Statement, statementsOf } from '../syntax/index.ts'
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { releasedTroubles } from './released.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together } from './step.ts'

const claim = (name: string, title: string): Claim => ({
  id: `repository/${name}`,
  title,
  group: 'repository',
})

/** All that a folder and what lies around it can say. Reads files, and nothing else. */
export async function repositoryStep(folder: MigrationsFolder): Promise<StepResult> {
  return together([
    judged(claim('names', 'the CLI applies every SQL file of the folder'), names(folder)),
    judged(claim('versions', 'every version is a time, and one file’s own'), versions(folder)),
    judged(
      claim('encoding', 'every file is UTF-8 without a mark, with LF at the ends of lines'),
      encoding(folder),
    ),
    judged(claim('syntax', 'PostgreSQL’s parser takes every file'), syntax(folder)),
    judged(
      claim('released', 'no released migration is edited, renamed, moved or removed'),
      releasedTroubles(folder),
    ),
    judged(claim('transactions', 'no file controls transactions itself'), transactions(folder)),
    judged(claim('alone', 'what runs in no transaction is alone in its file'), alone(folder)),
    await seedStep(folder),
    cliStep(folder),
  ])
}

function names({ files, others }: MigrationsFolder): Trouble[] {
  const skippedFiles = others
    .filter((name) => /\.sql$/i.test(name))
    .map((name) => ({
      objects: [name],
      reason: 'The CLI passes over it without an error: its name is not <yyyymmddhhmmss>_<name>.sql.',
      hint: 'Rename it, or move it out of the folder.',
    }))
  // Of the CLI's first days: it takes such a file for the platform's own beginning.
  const initial = files
    .filter(({ name, version }) => /^\d{14}_init\.sql$/.test(name) && version < '20211209000000')
    .map(({ name }) => ({
      objects: [name],
      reason:
        'The CLI passes over it: it takes a file _init.sql of before 2021-12-09 for the platform’s own.',
      hint: 'Rename it.',
    }))
  return [...skippedFiles, ...initial]
}

function versions({ files }: MigrationsFolder): Trouble[] {
  const twice = files.filter(({ version }, i) => files.findIndex((other) => other.version === version) !== i)
  return [
    ...twice.map(({ name, version }) => ({
      objects: [name],
      reason: `Another file has version ${version}, too: the ledger has room for one, and the other’s statements run twice or never.`,
      hint: 'Give one of them a version of its own.',
    })),
    ...files
      .filter(({ version }) => !isTime(version))
      .map(({ name, version }) => ({
        objects: [name],
        reason: `Its version ${version} is no time: files are applied in the order of their names, and the next may come before it.`,
        hint: 'Name it <yyyymmddhhmmss>_<name>.sql.',
      })),
  ]
}

function isTime(version: string): boolean {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version) ?? []
  const iso = `${y}-${mo}-${d}T${h}:${mi}:${s}.000Z`
  const time = Date.parse(iso)
  return Number.isFinite(time) && new Date(time).toISOString() === iso
}

function encoding({ files }: MigrationsFolder): Trouble[] {
  const kinds: readonly [RegExp | ((bytes: Buffer) => boolean), string, string][] = [
    [
      (bytes) => /^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString('latin1')),
      'It is UTF-16.',
      'Save it as UTF-8.',
    ],
    [
      (bytes) => bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])),
      'It begins with a byte order mark, which PostgreSQL takes for part of the first word.',
      'Save it without one.',
    ],
    [(bytes) => !isUtf8(bytes), 'It is not UTF-8.', 'Save it as UTF-8.'],
    [
      (bytes) => bytes.includes('\r'),
      'It has carriage returns: a function’s text, and so every hash of it, depends on who saved the file.',
      'Save it with LF, and say so in .gitattributes: `*.sql text eol=lf`.',
    ],
  ]
  return files.flatMap(({ name, bytes }) => {
    const found = kinds.find(([is]) => typeof is === 'function' && is(bytes))
    return found ? [{ objects: [name], reason: found[1], hint: found[2] }] : []
  })
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return !bytes.includes(0)
  } catch {
    return false
  }
}

function syntax({ files }: MigrationsFolder): Trouble[] {
  return files.flatMap(({ name, refused }) =>
    refused
      ? [{ objects: [`${name}:${refused.line}`], reason: `PostgreSQL refuses it: ${refused.message}.` }]
      : [],
  )
}

function transactions({ files }: MigrationsFolder): Trouble[] {
  return at(files, ({ node }) => nodeAs(node, 'TransactionStmt') !== undefined).map((place) => ({
    objects: [place],
    reason: 'It controls transactions: what comes before it stays when the file fails later.',
    hint: 'Leave it out: each file is applied in a transaction of its own.',
  }))
}

/** Statements that PostgreSQL refuses within a transaction. */
export function runsInNone({ node }: Statement): boolean {
  const reindexes = nodeAs(node, 'ReindexStmt')
  const isConcurrent = reindexes?.params?.some((each) => nodeAs(each, 'DefElem')?.defname === 'concurrently')
  const drop = nodeAs(node, 'DropStmt')
  const detach = nodeAs(node, 'AlterTableStmt')?.cmds?.some((each) => {
    const command = nodeAs(each, 'AlterTableCmd')
    return (
      command?.subtype === 'AT_DetachPartition' && nodeAs(command.def, 'PartitionCmd')?.concurrent === true
    )
  })
  return (
    nodeAs(node, 'IndexStmt')?.concurrent === true ||
    drop?.concurrent === true ||
    isConcurrent === true ||
    detach === true ||
    nodeAs(node, 'VacuumStmt')?.is_vacuumcmd === true ||
    ['CreatedbStmt', 'DropdbStmt', 'AlterSystemStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt'].some(
      (kind) => kind in node,
    )
  )
}

function alone({ files }: MigrationsFolder): Trouble[] {
  const crowded = files.filter(({ statements }) => statements.length > 1)
  return at(crowded, runsInNone).map((place) => ({
    objects: [place],
    reason: 'PostgreSQL refuses it within a transaction, and a file of several statements is one.',
    hint: 'Move it into a migration of its own, with nothing else in the file.',
  }))
}

/** Where statements stand that fit: `file:line`. */
function at(files: readonly MigrationFile[], fits: (statement: Statement) => boolean): string[] {
  return files.flatMap(({ name, statements }) => statements.filter(fits).map(({ line }) => `${name}:${line}`))
}

const SEED = claim('seed', 'seed.sql sets no price')

/** Development data that sets prices would make a developer's database cost something else than production. */
async function seedStep({ path }: MigrationsFolder): Promise<StepResult> {
  const file = join(resolve(path), '..', 'seed.sql')
  if (!existsSync(file)) return skipped(SEED, 'not applicable: there is no seed.sql beside the folder')
  const statements = await statementsOf(readFileSync(file, 'utf8'))
  return judged(
    SEED,
    statements
      .filter(({ node }) => setsPrices(node))
      .map(({ line }) => ({
        objects: [`seed.sql:${line}`],
        reason: 'It sets a price: a database that was seeded would then charge what no migration says.',
        hint: 'Set prices in a migration: `npm run pricing:migration -- SHEET`.',
      })),
  )
}

const PRICES = /^(model_pricing|e2b_pricing|price_components)$/

function setsPrices(node: Statement['node']): boolean {
  const written = [
    nodeAs(node, 'InsertStmt')?.relation,
    nodeAs(node, 'UpdateStmt')?.relation,
    nodeAs(node, 'DeleteStmt')?.relation,
    nodeAs(node, 'CopyStmt')?.relation,
  ]
  return (
    written.some((relation) => PRICES.test(relation?.relname ?? '')) ||
    /\bset_(model|e2b)_price\b/.test(JSON.stringify(node))
  )
}

const CLI = claim('cli', 'the version of the Supabase CLI is pinned')
const Package = z.object({
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
})

function cliStep({ path }: MigrationsFolder): StepResult {
  const file = packageAbove(resolve(path))
  if (!file) return skipped(CLI, 'not applicable: there is no package.json above the folder')
  const { dependencies, devDependencies } = Package.parse(JSON.parse(readFileSync(file, 'utf8')))
  const version = devDependencies?.['supabase'] ?? dependencies?.['supabase']
  const hint = 'Pin it: `npm install --save-dev --save-exact supabase`, and call it by npx.'
  if (version === undefined)
    return judged(CLI, [
      {
        objects: [file],
        severity: 'warning',
        reason:
          'It does not say which version of the Supabase CLI deploys; major 3 pushes to another place than 2.',
        hint,
      },
    ])
  if (/^\d+\.\d+\.\d+$/.test(version)) return judged(CLI, [])
  return judged(CLI, [
    { objects: [file], reason: `It takes any supabase ${version}, and so what was not tried.`, hint },
  ])
}

function packageAbove(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (existsSync(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : packageAbove(parent)
}
