/** What a column may hold in row `i` of many: expressions of SQL, by the column's type. */
import type { Check, ShapedColumn } from './shape.ts'

/** An amount of money or a size is rarely large; a key is never the same twice. */
const FEW = 9

const TEXT = ['character varying', 'character', 'text', 'citext', 'name']
const WHOLE = ['smallint', 'integer', 'bigint']
const NUMBERS = [...WHOLE, 'numeric', 'real', 'double precision']
const MOMENTS = ['timestamp with time zone', 'timestamp without time zone', 'date']

/** Of types whose values need not differ. */
const FIXED: Readonly<Record<string, string>> = {
  boolean: 'true',
  json: `'{}'::json`,
  jsonb: `'{}'::jsonb`,
  bytea: `'\\x00'::bytea`,
  interval: `interval '1 minute'`,
  'time without time zone': `time '12:00'`,
  inet: `inet '192.0.2.1'`,
  int4range: `int4range(i::int, i::int + 1)`,
  int8range: 'int8range(i, i + 1)',
  tstzrange: `tstzrange(now() + i * interval '1 minute', now() + (i + 1) * interval '1 minute')`,
  daterange: 'daterange(current_date + i::int, current_date + i::int + 1)',
}

/**
 * Expressions to try one after the other: what suits the type, and then what the checks on the column speak of. None for a type of
 * which nothing is known.
 */
export function candidatesOf(column: ShapedColumn, checks: readonly Check[]): string[] {
  const own = checks.filter(({ columns }) => columns.includes(column.name))
  const spoken = own.flatMap(({ definition }) => literalsIn(definition, column))
  const plain = plainOf(column)
  const all = [
    ...plain,
    ...(own.length > 0 ? spoken : []),
    ...(column.isRequired ? [] : [`null::${column.type}`]),
  ]
  return [...new Set(all)]
}

function plainOf({ bare, type, label, isArray, isKey }: ShapedColumn): string[] {
  const cast = (expression: string) => `(${expression})::${type}`
  if (label !== null) return [cast(quoted(label))]
  if (isArray) return [cast(`'{}'`)]
  if (NUMBERS.includes(bare)) return isKey ? [cast('i')] : [cast(`1 + i % ${FEW}`), cast('0')]
  if (TEXT.includes(bare)) return textsOf(isKey).map(cast)
  if (bare === 'uuid') return [isKey ? 'md5(i::text)::uuid' : `md5((i % ${FEW})::text)::uuid`]
  if (MOMENTS.includes(bare))
    return bare === 'date' ? ['current_date - (i % 20000)::int'] : [cast(`now() - i * interval '1 second'`)]
  const fixed = FIXED[bare]
  return fixed === undefined ? [] : [fixed]
}

function textsOf(isKey: boolean): string[] {
  const varying = isKey ? ['i', `'a' || i`] : [`i % ${FEW}`, `'some text'`, `'EUR'`]
  return [...varying, `'a' || i || '@example.com'`, `'https://example.com/' || i`]
}

/** Strings and numbers in a check, as values of the column. */
function literalsIn(definition: string, { type, bare }: ShapedColumn): string[] {
  const isNumber = NUMBERS.includes(bare)
  const found = [...definition.matchAll(isNumber ? /-?\b\d+(?:\.\d+)?\b/g : /'((?:[^']|'')*)'/g)]
  return found.map(([whole, inner]) => `${isNumber ? `(${whole})` : `'${inner}'`}::${type}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
