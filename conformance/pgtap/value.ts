/** Values with a SQL type: compared by the server, so that 1.0 equals 1.00 and NaN equals NaN. */
import type { Session } from '../engines/index.ts'

/** A value as text, and the type the server reads it as. */
export interface Typed {
  readonly type: string
  readonly value: string | null
}

/** A value as a spec writes it. Text is `text`, whole numbers and bigints are `numeric`, unless the other side is {@link typed}. */
export type Value = string | number | bigint | boolean | null | Typed

/** A value of a type that JavaScript has no literal for: typed('interval', '1 day'). */
export function typed(type: string, value: string | null): Typed {
  return { type, value }
}

/** Both values with their types: one whose type is open takes the other's, as an untyped literal does in SQL. */
export function alignedTypes(one: Value, other: Value): [Typed, Typed] {
  return [
    asTyped(one, isTyped(other) ? other.type : undefined),
    asTyped(other, isTyped(one) ? one.type : undefined),
  ]
}

/** The value with its type; `fallback` for one whose type is open. */
export function asTyped(value: Value, fallback?: string): Typed {
  if (isTyped(value)) return value
  const text = value === null ? null : String(value)
  if (fallback !== undefined) return { type: fallback, value: text }
  if (typeof value === 'boolean') return { type: 'boolean', value: text }
  if (typeof value === 'number' || typeof value === 'bigint') return { type: 'numeric', value: text }
  return { type: 'text', value: text }
}

export function isTyped(value: unknown): value is Typed {
  return typeof value === 'object' && value !== null && 'type' in value && 'value' in value
}

/** Whether the server holds `condition` of the two, written as $1 and $2, and how it prints them. NULL is null. */
export async function judged(
  session: Session,
  one: Typed,
  other: Typed,
  condition: (one: string, other: string) => string,
): Promise<{ held: boolean | null; one: string | null; other: string | null }> {
  const [a, b] = [`$1::${one.type}`, `$2::${other.type}`]
  const [row] = await session.query(
    `select (${condition(`(${a})`, `(${b})`)})::text as held, (${a})::text as one, (${b})::text as other`,
    [one.value, other.value],
  )
  const held = row?.['held'] ?? null
  return {
    held: held === null ? null : held === 'true',
    one: row?.['one'] ?? null,
    other: row?.['other'] ?? null,
  }
}
