/** Every statement that a folder of migrations runs, those within DO blocks included, and where each stands. */
import { nodeAs, type Statement, statementsOf } from '../../syntax/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import { manifestOf, readManifest } from '../manifest.ts'
import { type Body, bodyOf } from './body.ts'
import { type RoutineBody, routineBodyOf } from './routine-body.ts'
import { searchPathOf } from './settings.ts'

/** A statement of a folder. */
export interface Placed extends Statement {
  readonly file: MigrationFile
  /** Its last line. */
  readonly lastLine: number
  /** Its number among all statements of the folder. */
  readonly order: number
  /** `text`: a string of a DO block that runs strings, and SQL by itself. */
  readonly within: 'file' | 'do' | 'text'
  /** The schema of names that are written without one. */
  readonly schema: string
  /** See {@link Where}. */
  readonly temporary: ReadonlySet<string>
  /** Whether the manifest lists its file: it is applied elsewhere already, and does not change. */
  readonly isReleased: boolean
}

/** A place whose SQL is not known before it runs. */
export interface Dynamic {
  readonly file: MigrationFile
  readonly line: number
  /** A DO block runs when the file is applied, a function when it is called. */
  readonly within: 'do' | 'function'
  /** The text around it, in which names may stand. */
  readonly text: string
}

/** What a folder runs. */
export interface Placement {
  readonly statements: readonly Placed[]
  readonly dynamic: readonly Dynamic[]
  /** The bodies of functions that can be read, by the number of the statement that makes them. */
  readonly bodies: ReadonlyMap<number, RoutineBody>
  /** Whether there is a manifest of released files beside the folder. */
  readonly hasManifest: boolean
}

/** Finds the statements of a folder, in the order in which they run. */
export async function placed(folder: MigrationsFolder): Promise<Placement> {
  const manifest = readManifest(manifestOf(folder.path))
  const released = new Set(manifest?.map(({ name }) => name))
  const statements: Placed[] = []
  const dynamic: Dynamic[] = []
  const bodies = new Map<number, RoutineBody>()
  for (const file of folder.files) {
    let schema = 'public'
    const temporary = new Set<string>()
    const add = (statement: Statement, within: Placed['within']) => {
      schema = searchPathOf(statement.node) ?? schema
      for (const name of temporaryOf(statement)) temporary.add(name)
      const lastLine = statement.line + statement.text.split('\n').length - 1
      const isReleased = released.has(file.name)
      const order = statements.length
      const where = { schema, temporary: new Set(temporary) }
      statements.push({ ...statement, ...where, file, lastLine, within, isReleased, order })
    }
    for (const statement of file.statements) {
      add(statement, 'file')
      const body = await bodyOf(statement)
      const order = statements.length - 1
      const routine = await routineBodyOf(statement, body)
      if (routine) bodies.set(order, routine)
      else if (!body && statement.kind === 'CreateFunctionStmt')
        dynamic.push({ file, line: statement.line, within: 'function', text: statement.text })
      if (!body) continue
      dynamic.push(...dynamicOf(file, statement, body))
      if (body.kind === 'do') for (const each of await nested(body)) add(each.statement, each.within)
    }
  }
  return { statements, dynamic, bodies, hasManifest: manifest !== undefined }
}

/** The temporary table that a statement makes. */
function temporaryOf({ node }: Statement): string[] {
  const range = nodeAs(node, 'CreateStmt')?.relation ?? nodeAs(node, 'CreateTableAsStmt')?.into?.rel
  return range?.relpersistence === 't' && range.relname ? [range.relname] : []
}

function dynamicOf(file: MigrationFile, { line, text }: Statement, body: Body): Dynamic[] {
  const lines = body.isReadable ? body.dynamicLines : [line]
  return lines.map((each) => ({ file, line: each, within: body.kind, text }))
}

async function nested(body: Body): Promise<{ statement: Statement; within: 'do' | 'text' }[]> {
  const parts = [
    ...body.statements.map((each) => ({ ...each, within: 'do' as const })),
    ...(body.dynamicLines.length > 0
      ? body.strings.filter(isWhole).map((each) => ({ ...each, within: 'text' as const }))
      : []),
  ]
  const found = await Promise.all(
    parts.map(async ({ text, line, within }) => {
      const statements = await statementsOf(text).catch(() => [])
      return statements
        .filter(({ node }) => within === 'do' || nodeAs(node, 'SelectStmt') === undefined)
        .map((statement) => ({ statement: { ...statement, line: line + statement.line - 1 }, within }))
    }),
  )
  return found.flat().sort((a, b) => a.statement.line - b.statement.line)
}

/** Whether a string may be a statement: it begins like one that changes something. */
function isWhole({ text }: { readonly text: string }): boolean {
  return /^\s*(?:create|alter|drop|grant|revoke|truncate|delete|update|insert)\s/i.test(text)
}
