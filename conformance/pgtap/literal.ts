/** The server's `quote_literal`: a value as it is written in SQL; NULL for null. */
export function quotedLiteral(value: string | null): string {
  if (value === null) return 'NULL'
  const doubled = value.replaceAll("'", "''")
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
