/** Claims on the default of a column. */
import type { Session } from '../engines/index.ts'
import { COLUMNS } from './kinds.ts'
import { quotedLiteral } from './literal.ts'
import { columnOf, partOf } from './parts.ts'
import { asTyped, type Value } from './value.ts'
import { asEvidence, haveWant, sameText, type Verdict, verdict } from './verdict.ts'

/**
 * `col_default_is`: the column defaults to this value, compared as values of its type. Where the default calls a function,
 * casts, or is computed from other columns, to this expression, as the server prints it.
 *
 * @example
 * await tap.colDefaultIs('zoo.animals', 'species', 'otter')
 */
export async function colDefaultIs(
  session: Session,
  relation: string,
  column: string,
  value: Value,
  description?: string,
): Promise<Verdict> {
  const want = asTyped(value).value
  const place = columnOf(relation, column)
  const claimed = description ?? `Column ${place} should default to ${quotedLiteral(want)}`
  const row = await partOf(session, COLUMNS, relation, column, DEFAULT)
  if (!row) return verdict(false, claimed, `    Column ${place} does not exist`)
  const { expression, type, generated } = row
  if (!expression) return verdict(false, claimed, `    Column ${place} has no default`)
  return generated === 'true' || isComputed(expression)
    ? sameText(claimed, expression, want)
    : sameValue(session, claimed, { expression, type: type ?? 'text' }, want)
}

const DEFAULT = `
  pg_catalog.format_type(x.atttypid, x.atttypmod) as type,
  (x.attgenerated <> '')::text as generated,
  (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef as d
   where d.adrelid = x.attrelid and d.adnum = x.attnum) as expression`

const KEYWORDS =
  /^(CURRENT_(CATALOG|ROLE|SCHEMA|USER|DATE|TIME|TIMESTAMP)|(SESSION_)?USER|LOCALTIME(STAMP)?)$/

/** Whether a default is more than a value: a function call, a cast of an expression, or a word of SQL's that stands for one. */
function isComputed(expression: string): boolean {
  return /^[^']+\(/.test(expression) || /\)::[^']+$/.test(expression) || KEYWORDS.test(expression)
}

/** Both values, as the column's type has them. The expression is the server's own. */
async function sameValue(
  session: Session,
  description: string,
  { expression, type }: { readonly expression: string; readonly type: string },
  want: string | null,
): Promise<Verdict> {
  const [row] = await session.query(
    `select ((${expression})::${type} is not distinct from $1::${type})::text as same,
            ((${expression})::${type})::text as have, ($1::${type})::text as want`,
    [want],
  )
  const [have = null, wanted = null] = [row?.['have'], row?.['want']]
  return verdict(row?.['same'] === 'true', description, haveWant(have, wanted), asEvidence(have, wanted))
}
