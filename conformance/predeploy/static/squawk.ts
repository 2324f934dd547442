/** Asks squawk about the statements of a folder, and keeps its answers on tables that were there before. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { nodeAs, nodesOf } from '../../syntax/index.ts'
import { removeFolder, temporaryFolder } from '../../temporary/index.ts'
import type { SeenHarmless } from '../observe/harmless.ts'
import { strongLocks } from './locked.ts'
import { relationName } from './names.ts'
import type { Placed } from './placed.ts'
import type { Found } from './rule.ts'
import type { Script } from './script.ts'
import { ASKED, NOT_ASKED } from './squawk-rules.ts'

const Answer = z.array(
  z.object({
    file: z.string(),
    line: z.number(),
    message: z.string(),
    help: z.string().nullish(),
    rule_name: z.string(),
  }),
)
const MOST_BYTES = 64 * 1024 * 1024

/** What squawk says of a folder. */
export interface SquawkAnswer {
  /** By rule. */
  readonly found: ReadonlyMap<string, readonly Found[]>
  /** What its parser does not know, though PostgreSQL’s does. */
  readonly unread: readonly Placed[]
}

/** Asks squawk about what is not released, and leaves out a change of type that was seen to be none for the rows. */
export async function squawkFinds(
  script: Script,
  isHarmless: SeenHarmless = () => false,
): Promise<SquawkAnswer> {
  const found = new Map<string, Found[]>(Object.keys(ASKED).map((rule) => [rule, []]))
  const pending = script.statements.filter(({ isReleased }) => !isReleased)
  const unread: Placed[] = []
  if (pending.length === 0) return { found, unread }
  for (const { at, rule, message, help } of await asked(pending)) {
    if (rule === 'syntax-error') unread.push(at)
    else if (!(rule in ASKED)) throw new Error(`squawk has a rule ${rule} that is in none of the two tables.`)
    const tables = strongLocks(at, script.made).filter((table) => script.isThere(table, at))
    if (tables.length === 0 && rule !== 'ban-drop-database' && rule !== 'identifier-too-long') continue
    // The type may be the same, or take the rows as they are.
    if (rule === 'changing-column-type' && isHarmless(at, tables)) continue
    const severity = ASKED[rule]?.severity
    if (severity === undefined || isWrong(rule, at, script)) continue
    const hint = help ? { hint: help } : {}
    const one = { at, objects: [...new Set(tables)], reason: message, severity, ...hint }
    found.set(rule, [...(found.get(rule) ?? []), one])
  }
  return { found, unread }
}

/** Where squawk knows less than the folder does. */
function isWrong(rule: string, at: Placed, { made }: Script): boolean {
  const alter = nodeAs(at.node, 'AlterTableStmt')
  const commands = (alter?.cmds ?? []).flatMap((each) => nodeAs(each, 'AlterTableCmd') ?? [])
  if (rule === 'constraint-missing-not-valid')
    // Unique constraints know no NOT VALID; a key on a new column without a value has nothing to look up.
    return !commands.some(({ subtype, def }) => {
      const constraint = def && nodeAs(def, 'Constraint')
      const isScan = /^CONSTR_(CHECK|FOREIGN)$/.test(constraint?.contype ?? '')
      const onColumn = nodesOf(def, 'Constraint').map(({ contype }) => contype)
      const isFilled = onColumn.includes('CONSTR_DEFAULT') && onColumn.includes('CONSTR_FOREIGN')
      return (isScan && constraint?.skip_validation !== true) || (subtype === 'AT_AddColumn' && isFilled)
    })
  if (rule === 'adding-not-nullable-field') {
    // A valid check that says so spares the scan.
    const checked = made.tables.get(relationName(alter?.relation, at))?.checkedNotNull
    return commands
      .filter(({ subtype }) => subtype === 'AT_SetNotNull')
      .every(({ name }) => checked?.has(name ?? ''))
  }
  return false
}

interface Said {
  readonly at: Placed
  readonly rule: string
  readonly message: string
  readonly help: string | null | undefined
}

async function asked(statements: readonly Placed[]): Promise<Said[]> {
  const folder = temporaryFolder('squawk-')
  try {
    // Of its own, so that no other configuration above counts.
    writeFileSync(join(folder, '.squawk.toml'), '')
    const starts = written(folder, statements)
    const answers = Answer.parse(JSON.parse(await run(folder, [...starts.keys()])))
    return answers.flatMap(({ file, line, rule_name: rule, message, help }) => {
      const at = starts.get(basename(file))?.findLast((start) => start.line <= line)?.at
      return at ? [{ at, rule, message, help }] : []
    })
  } finally {
    removeFolder(folder)
  }
}

interface Start {
  readonly line: number
  readonly at: Placed
}

/** Writes each file’s statements without what stands between them; answers where each begins, counted from 0. */
function written(folder: string, statements: readonly Placed[]): Map<string, Start[]> {
  const starts = new Map<string, Start[]>()
  const texts = new Map<string, string>()
  for (const at of statements) {
    const { name } = at.file
    const text = texts.get(name) ?? ''
    starts.set(name, [...(starts.get(name) ?? []), { line: text.split('\n').length - 1, at }])
    texts.set(name, `${text}${at.text.replace(/squawk-ignore/g, 'ignore')}\n;\n`)
  }
  for (const [name, text] of texts) writeFileSync(join(folder, name), text)
  return starts
}

async function run(folder: string, files: readonly string[]): Promise<string> {
  const args = [
    '--reporter=json',
    '--pg-version=17.0',
    '--assume-in-transaction',
    `--exclude=${Object.keys(NOT_ASKED).join(',')}`,
    ...files,
  ]
  const { stdout } = await promisify(execFile)(program(), args, {
    cwd: folder,
    maxBuffer: MOST_BYTES,
  }).catch((error: unknown) => {
    // 1 when it finds something.
    if (error instanceof Error && 'code' in error && error.code === 1 && 'stdout' in error)
      return { stdout: String(error.stdout) }
    throw error
  })
  return stdout
}

const Squawk = z.object({ getBinaryPath: z.function({ input: [], output: z.string() }) })

/** The program itself, of the package for this machine. */
function program(): string {
  const squawk: unknown = createRequire(import.meta.url)('squawk-cli/js/index.js')
  return Squawk.parse(squawk).getBinaryPath()
}
