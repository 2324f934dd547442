import stringWidth from 'string-width'
import type { Section } from './section.ts'
import { wrapped } from './wrapped.ts'

/** Rows that a terminal shows; the other reports show more. */
const MOST_ROWS = 12
const COLUMNS = 80

/** A section for a terminal: its table where it fits, else a line a row with the names of the columns. */
export function sectionText({ title, lines = [], columns = [], rows = [] }: Section): string {
  const shown = rows.slice(0, MOST_ROWS)
  const more = rows.length - shown.length
  return [
    wrapped(title, 0),
    ...lines.map((line) => wrapped(`  ${line}`, 0)),
    ...(rows.length > 0 ? [tableText(columns, shown)] : []),
    ...(more > 0 ? [`  … and ${more} more: see the other reports`] : []),
    '',
  ].join('\n')
}

function tableText(columns: NonNullable<Section['columns']>, rows: readonly (readonly string[])[]): string {
  const all = [columns.map(({ name }) => name), ...rows]
  const widths = columns.map((_, index) => Math.max(...all.map((row) => stringWidth(row[index] ?? ''))))
  const isWide = widths.reduce((sum, width) => sum + width + 2, 0) > COLUMNS
  if (isWide)
    return rows
      .map((row) => {
        const [first = '', ...rest] = row
        const cells = rest.flatMap((cell, index) =>
          cell === '' ? [] : [`${columns[index + 1]?.name}: ${cell}`],
        )
        return `${wrapped(`  ${first}`, 0)}\n${wrapped(`    ${cells.join(' · ')}`, 0)}`
      })
      .join('\n')
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const pad = ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(cell)))
        return columns[index]?.isNumber ? `${pad}${cell}` : `${cell}${pad}`
      })
      .join('  ')
      .trimEnd()
  return all.map((row) => `  ${line(row)}`).join('\n')
}
