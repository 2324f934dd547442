/** The only ways in which a text gets into a migration. Whatever it holds, it ends neither its comment nor its quotes. */
import { printable } from '../report/index.ts'
import { Refused } from './refused.ts'

const WIDTH = 120

/** A text on one line. PostgreSQL ends a comment at a line feed and at a carriage return: neither is left. */
export function inOneLine(value: string): string {
  return printable(value.replace(/\s+/g, ' ').trim())
}

/** A comment of one line, however long. */
export function remark(text: string): string {
  return `-- ${inOneLine(text)}`.trimEnd()
}

/** A paragraph as a comment, wrapped: each of its lines is one. */
export function comment(label: string, body: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of inOneLine(body).split(' ')) {
    if (line !== '' && `-- ${label}${line} ${word}`.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
    .map((each, index) => `-- ${index === 0 ? label : ' '.repeat(label.length)}${each}`)
    .join('\n')
}

/** A literal: no quote or backslash ends it. */
export function literal(value: string): string {
  if (value.includes('\0'))
    throw new Refused(`"${value}" holds a zero byte, which no text of a database can.`)
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** A block that is run once, between dollar quotes that its body does not hold. */
export function doBlock(body: string): string {
  let quote = '$$'
  for (let n = 1; body.includes(quote); n += 1) quote = `$body${n}$`
  return `do ${quote}\n${body}\n${quote};`
}
