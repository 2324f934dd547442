/** Rows for tables of which nothing is known but their columns and rules: enough of them to measure on. */
import { type Session, SqlError } from '../../engines/index.ts'
import { type Reference, type Shape, type ShapedColumn, shapeOf } from './shape.ts'
import { candidatesOf } from './values.ts'

/** So many rows are tried before all are made. */
const TRIED = 2
/** How often a check may refuse them before it is given up. */
const ATTEMPTS = 40

/** How many rows a table holds, or why none could be made. */
export type Filled = { readonly rows: number } | { readonly why: string }

/** Fills tables of one database, each once, those that they refer to first. */
export class Filling {
  readonly #session: Session
  readonly #rows: number
  readonly #done = new Map<string, Filled>()

  constructor(session: Session, rows: number) {
    this.#session = session
    this.#rows = rows
  }

  /** What has become of each table so far. */
  get done(): ReadonlyMap<string, Filled> {
    return this.#done
  }

  /** A table that somebody else has filled. */
  async take(table: string): Promise<void> {
    this.#done.set(table, { rows: await this.#count(table) })
  }

  /** Fills a table that is empty. Rows that a migration has put into one stay as they are: it is a list. */
  async fill(table: string, above: readonly string[] = []): Promise<Filled> {
    const known = this.#done.get(table)
    if (known && !('rows' in known && known.rows === 0)) return known
    const filled = await this.#filled(table, above)
    this.#done.set(table, filled)
    return filled
  }

  async #filled(table: string, above: readonly string[]): Promise<Filled> {
    try {
      const there = await this.#count(table)
      if (there > 0) return { rows: there }
      const shape = await shapeOf(this.#session, table)
      if (!shape) return { why: 'it is not there' }
      const parents = new Map<Reference, number>()
      for (const reference of shape.references) {
        const rows = await this.#rowsOf(reference.target, [...above, table])
        if (rows > 0) parents.set(reference, rows)
        // One NULL in a foreign key, and it refers to nothing.
        else if (reference.columns.every((name) => columnOf(shape, name)?.isRequired))
          return { why: `it refers to ${reference.target}, for which no rows could be made` }
      }
      return await this.#insert(table, shape, parents)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      return { why: error.message }
    }
  }

  async #rowsOf(table: string, above: readonly string[]): Promise<number> {
    if (above.includes(table)) return 0
    const filled = await this.fill(table, above)
    return 'rows' in filled ? filled.rows : 0
  }

  async #insert(table: string, shape: Shape, parents: ReadonlyMap<Reference, number>): Promise<Filled> {
    const choices = choicesOf(shape, parents)
    if (typeof choices === 'string') return { why: choices }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const refusal = await this.#made(table, insertion(table, choices, parents, TRIED), false)
      if (!refusal) {
        const last = await this.#made(table, insertion(table, choices, parents, this.#rows), true)
        return last ? { why: last.message } : { rows: await this.#count(table) }
      }
      const check = shape.checks.find(({ name }) => name === refusal.constraint)
      if (!check || !another(choices, check.columns, attempt)) return { why: refusal.message }
    }
    return { why: 'no rows were found that its checks accept' }
  }

  /** Makes rows and keeps them or not. Triggers of the project are left out: what they do is not what is measured. */
  async #made(table: string, statement: string, isKept: boolean): Promise<SqlError | undefined> {
    await this.#session.query('begin')
    let refusal = await refusalOf(this.#session, `alter table ${table} disable trigger user`)
    refusal ??= await refusalOf(this.#session, statement)
    if (!refusal) await this.#session.query(`alter table ${table} enable trigger user`)
    await this.#session.query(refusal || !isKept ? 'rollback' : 'commit')
    if (!refusal && isKept) await this.#session.query(`analyze ${table}`)
    return refusal
  }

  async #count(table: string): Promise<number> {
    const [row] = await this.#session.query(`select count(*) as count from ${table}`)
    return Number(row?.['count'])
  }
}

/** What a column is given: expressions to try, and which of them is tried now. */
interface Choice {
  readonly column: string
  readonly candidates: readonly string[]
  at: number
}

function columnOf({ columns }: Shape, name: string): ShapedColumn | undefined {
  return columns.find((column) => column.name === name)
}

/** What is given to each column that has to be given, or why that is not known. */
function choicesOf(shape: Shape, parents: ReadonlyMap<Reference, number>): Choice[] | string {
  const choices: Choice[] = []
  for (const column of shape.columns) {
    const by = [...parents.keys()].findIndex(({ columns }) => columns.includes(column.name))
    const reference = [...parents.keys()][by]
    if (reference)
      choices.push({
        column: column.name,
        candidates: [`p${by}.c${reference.columns.indexOf(column.name)}`],
        at: 0,
      })
    else if (!column.isRequired && shape.references.some(({ columns }) => columns.includes(column.name)))
      continue
    else if (!isGivenByItself(column)) {
      const candidates = candidatesOf(column, shape.checks)
      if (candidates.length === 0) return `nothing is known of the type ${column.type} of ${column.name}`
      choices.push({ column: column.name, candidates, at: 0 })
    }
  }
  return choices
}

/** Whether a row has a value without being given one, and another each time where it has to be. */
function isGivenByItself({ isIdentity, isGenerated, defaultText, isKey }: ShapedColumn): boolean {
  if (isIdentity || isGenerated) return true
  if (defaultText === null) return false
  return !isKey || /nextval|gen_random_uuid|uuid_generate/.test(defaultText)
}

/** Takes the next expression for one of the columns. `false` where there is none left to try. */
function another(choices: readonly Choice[], columns: readonly string[], attempt: number): boolean {
  const own = choices.filter(({ column, candidates }) => columns.includes(column) && candidates.length > 1)
  const next = own[attempt % Math.max(own.length, 1)]
  if (!next) return false
  next.at = (next.at + 1) % next.candidates.length
  return true
}

function insertion(
  table: string,
  choices: readonly Choice[],
  parents: ReadonlyMap<Reference, number>,
  rows: number,
): string {
  const joins = [...parents].map(([{ target, targetColumns }, count], at) => {
    const columns = targetColumns.map((column, k) => `${column} as c${k}`).join(', ')
    return `join (select row_number() over () as n, ${columns} from ${target}) as p${at} on p${at}.n = 1 + (i - 1) % ${count}`
  })
  if (choices.length === 0) return `insert into ${table} select from generate_series(1, ${rows})`
  const values = choices.map(({ candidates, at }) => candidates[at])
  return `insert into ${table} (${choices.map(({ column }) => column).join(', ')})
    select ${values.join(', ')} from generate_series(1, ${rows}) as series (i) ${joins.join(' ')}`
}

async function refusalOf(session: Session, statement: string): Promise<SqlError | undefined> {
  try {
    await session.query(statement)
    return undefined
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
}
