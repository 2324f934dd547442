/** A string as an SQL literal; NULL where there is none. */
export function literal(text: string | null | undefined): string {
  return text === null || text === undefined ? 'null' : `'${text.replaceAll("'", "''")}'`
}

/** A banner that starts a part of the text. */
export function section(title: string): string {
  const rule = `-- ${'='.repeat(97)}`
  return `\n${rule}\n-- ${title}\n${rule}`
}
