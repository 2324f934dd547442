/** What rows of a target come to when a column’s type changes: refused, or kept with another value. */
import { type Session, SqlError } from '../engines/index.ts'
import { type Node, nodeAs, type Token, tokensOf } from '../syntax/index.ts'
import { inSavepoint } from '../verify/index.ts'
import type { PendingStatements } from './demand-place.ts'
import { relationName, unquoted } from './static/names.ts'
import type { Placed } from './static/placed.ts'

/** A column’s type, before and after. */
export interface TypeChange {
  readonly table: string
  /** Quoted where needed. */
  readonly column: string
  readonly from: string
  readonly to: string
  /** The labels of the new type, where it is an enumeration: it may be new, and the target know nothing of it. */
  readonly labels?: readonly string[]
}

/** What can be asked of rows, as `t`; each a condition. */
export interface Conversion {
  /** Holds for a row whose value the type does not take. */
  readonly refused: string
  /** Holds for a row that has another value afterwards. */
  readonly lost?: string
  /** An expression that is refused as a whole where a row is: nobody can ask it row by row. */
  readonly tried?: string
}

/** What the target does not know before the pending files are applied. */
export class NotKnownYet extends Error {
  override readonly name = 'NotKnownYet'
}

/** An expression that becomes the new value, and whether it is cast by name, as assigning does less than that. */
interface Source {
  readonly expression: string
  readonly isCast: boolean
}

/** Finds out how a change of type is asked of rows. Throws {@link NotKnownYet}. */
export async function conversionOf(
  session: Session,
  change: TypeChange,
  pending: PendingStatements,
): Promise<Conversion> {
  const using = await usingOf(pending, change)
  const { expression, isCast } = using ?? { expression: `t.${change.column}`, isCast: false }
  const source = await typeOf(session, change, expression)
  const given = `(${expression})`
  if (change.labels) return { refused: `${given} is not null and not ${isLabel(given, change.labels)}` }
  const kinds = await kindsOf(session, source, change.to)
  if (!kinds) throw new NotKnownYet(`the type ${change.to} is not known at the target yet`)
  const isPlain = using === undefined || isColumn(expression, change)
  const refused = refusedBy(given, isCast, change.to, kinds)
  if (refused === undefined)
    return { refused: 'false', tried: `${given}::${change.to}`, ...lostBy(change, isPlain, 'false', kinds) }
  return { refused, ...lostBy(change, isPlain, refused, kinds) }
}

function isLabel(given: string, labels: readonly string[]): string {
  return `${given}::text = any (array[${labels.map(literal).join(', ')}]::text[])`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The types of what is given and what it becomes, and what PostgreSQL has for a way between them. */
interface Kinds {
  readonly source: string
  readonly target: string
  readonly sourceCategory: string
  readonly targetCategory: string
  /** Of pg_cast: `i` always, `a` where a column is written, `e` only by name; empty where values go by their text. */
  readonly context: string
  /** Whether a function does it. */
  readonly isFunction: boolean
}

async function kindsOf(session: Session, source: number, to: string): Promise<Kinds | undefined> {
  const [row] = await session.query(
    `select s.typname as source, b.typname as target, s.typcategory as source_category, b.typcategory as target_category,
            coalesce(c.castcontext::text, '') as context, coalesce(c.castmethod = 'f', false) as by_function
     from pg_type as t
     join pg_type as b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
     join pg_type as s on s.oid = $1::oid
     left join pg_cast as c on c.castsource = s.oid and c.casttarget = b.oid
     where t.oid = to_regtype($2)`,
    [source, to],
  )
  return (
    row && {
      source: row['source'] ?? '',
      target: row['target'] ?? '',
      sourceCategory: row['source_category'] ?? '',
      targetCategory: row['target_category'] ?? '',
      context: row['context'] ?? '',
      isFunction: row['by_function'] === 't',
    }
  )
}

/** The type of an expression, read and not computed. */
async function typeOf(session: Session, { table }: TypeChange, expression: string): Promise<number> {
  try {
    const { columns } = await inSavepoint(session, () =>
      session.answer(`select (${expression}) as value from ${table} as t limit 0`),
    )
    return columns[0]?.type ?? 0
  } catch (error) {
    if (!(error instanceof SqlError) || !error.code.startsWith('42')) throw error
    throw new NotKnownYet(`what USING says is not known at the target yet: ${error.message}`)
  }
}

const WHOLE = /^int[248]$/
const FRACTION = /^(numeric|float4|float8)$/

/** A condition for rows that are refused; `undefined` where only trying tells. */
function refusedBy(given: string, isCast: boolean, to: string, kinds: Kinds): string | undefined {
  const { source, target, sourceCategory, targetCategory } = kinds
  const takes = (text: string) => `${given} is not null and not pg_input_is_valid(${text}, ${literal(to)})`
  // A whole number is what a fraction is rounded to.
  if (FRACTION.test(source) && WHOLE.test(target)) return takes(`round(${given}::numeric)::text`)
  if (sourceCategory === 'N' && targetCategory === 'N') return takes(`${given}::text`)
  // By name, a text is cut to its length; written as it is, it is refused.
  if (targetCategory === 'S' && isCast) return 'false'
  return kinds.isFunction && source !== target ? undefined : takes(`${given}::text`)
}

/** Where PostgreSQL casts by itself, back and forth may come to something else. */
function lostBy(
  { column, from, to }: TypeChange,
  isPlain: boolean,
  refused: string,
  { context }: Kinds,
): { readonly lost?: string } {
  if (!isPlain || !/^[ai]$/.test(context)) return {}
  const own = `t.${column}`
  return { lost: `case when ${refused} then false else ${own}::${to}::${from} is distinct from ${own} end` }
}

function isColumn(expression: string, { table, column }: TypeChange): boolean {
  const bare = unquoted(expression.replace(/^\((.*)\)$/s, '$1').trim()).toLowerCase()
  const name = unquoted(column).toLowerCase()
  return [name, `${table.split('.').at(-1)}.${name}`].includes(bare)
}

/** What USING says, as it is written. Throws where a column’s type is changed several times. */
async function usingOf({ statements }: PendingStatements, change: TypeChange): Promise<Source | undefined> {
  const found = statements.flatMap((at) => changesIn(at, change))
  if (found.length > 1)
    throw new NotKnownYet(
      `the pending files change its type ${found.length} times, and what is between is not known at the target yet`,
    )
  const [only] = found
  const text = only && (await usingText(only.at, only.index))
  return text === undefined ? undefined : sourceOf(text, only?.using, change.to)
}

/** A command of ALTER TABLE that changes a type. */
interface Command {
  readonly at: Placed
  /** Its number among those of the statement. */
  readonly index: number
  readonly using: Node | undefined
}

function changesIn(at: Placed, { table, column }: TypeChange): Command[] {
  const alter = nodeAs(at.node, 'AlterTableStmt')
  if (!alter || relationName(alter.relation, at) !== unquoted(table)) return []
  return (alter.cmds ?? []).flatMap((each, index) => {
    const command = nodeAs(each, 'AlterTableCmd')
    const isOwn = command?.subtype === 'AT_AlterColumnType' && command.name === unquoted(column)
    return isOwn ? [{ at, index, using: nodeAs(command.def, 'ColumnDef')?.raw_default }] : []
  })
}

/** What follows USING in one command of ALTER TABLE. */
async function usingText({ text }: Placed, index: number): Promise<string | undefined> {
  const tokens = await tokensOf(text)
  const commas = tokens.filter(({ word, depth }) => word === ',' && depth === 0).map(({ from }) => from)
  const from = index === 0 ? 0 : (commas[index - 1] ?? 0)
  const to = commas[index] ?? text.length
  const own = tokens.filter((token) => token.from >= from && token.to <= to)
  const using = own.find(({ word, depth }) => word === 'using' && depth === 0)
  const last = own.at(-1)
  // To the last word: a comment may follow it.
  return using && last && text.slice(using.to, last.to).trim()
}

/** An expression that is cast to the new type as a whole is asked without that: it may be tried row by row then. */
async function sourceOf(text: string, using: Node | undefined, to: string): Promise<Source> {
  if (!nodeAs(using, 'TypeCast')) return { expression: text, isCast: false }
  const tokens = await tokensOf(text)
  const cast = castIn(text, tokens)
  if (cast && isSameType(cast.type, to)) return { expression: cast.expression, isCast: true }
  return { expression: text, isCast: false }
}

function castIn(text: string, tokens: readonly Token[]): { expression: string; type: string } | undefined {
  const operator = tokens.findLastIndex(({ word, depth }) => word === '::' && depth === 0)
  const after = tokens.slice(operator + 1)
  const sign = tokens[operator]
  // A type is names, a point, and numbers in parentheses; all else is an expression around the cast.
  if (sign && after.every(({ word, is }) => is === 'name' || is === 'number' || /^[.,()[\]]$/.test(word)))
    return { expression: text.slice(0, sign.from), type: text.slice(sign.to) }
  const last = tokens.at(-1)
  const as = tokens.findLast(({ word, depth }) => word === 'as' && depth === 1)
  const [first, open] = tokens
  const isWhole =
    first?.word === 'cast' &&
    tokens.findIndex(({ depth, word }, i) => i > 1 && depth === 0 && word === ')') === tokens.length - 1
  if (!isWhole || !open || !as || !last) return undefined
  return { expression: text.slice(open.to, as.from), type: text.slice(as.to, last.from) }
}

const ALIASES: Readonly<Record<string, string>> = {
  int: 'integer',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  decimal: 'numeric',
  float4: 'real',
  float8: 'double precision',
  float: 'double precision',
  varchar: 'character varying',
  char: 'character',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
}

function isSameType(written: string, to: string): boolean {
  const [type, whole] = [written, to].map((each) =>
    unquoted(
      each
        .replace(/\s+/g, ' ')
        .replace(/ ?([(),]) ?/g, '$1')
        .trim(),
    ).toLowerCase(),
  )
  const named = (type ?? '').replace(/^[a-z0-9]+/, (name) => ALIASES[name] ?? name)
  return [type, named].some((each) => each === whole || whole?.endsWith(`.${each}`) === true)
}
