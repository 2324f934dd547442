/** `copy … from stdin` and `\\copy`: what the client sends. */

/** `\\copy WHAT from|to WHERE OPTIONS`, as it is written after the command. */
export interface CopyCommand {
  readonly what: string
  readonly direction: 'from' | 'to'
  /** `stdin`, `stdout`, or the name of a file. */
  readonly where: string
  readonly options: string
}

const written =
  /^\s*(?<what>\([\s\S]*\)|[^\s(]+(?:\s*\([^)]*\))?)\s+(?<direction>from|to)\s+(?:'(?<quoted>(?:[^']|'')*)'|(?<plain>\S+))(?<options>[\s\S]*)$/i

/** Reads the rest of the line of a `\\copy`. */
export function copyCommandOf(line: string): CopyCommand | undefined {
  const { what, direction, quoted, plain, options = '' } = written.exec(line)?.groups ?? {}
  const where = quoted?.replaceAll("''", "'") ?? plain
  if (what === undefined || where === undefined) return undefined
  return {
    what,
    direction: direction?.toLowerCase() === 'to' ? 'to' : 'from',
    where,
    options: options.replace(/;\s*$/, ''),
  }
}

/** Whether a statement takes data from the client. */
export function takesData(sql: string): boolean {
  return /^copy\b[\s\S]*\bfrom\s+stdin\b/i.test(sql)
}

/** Whether a statement sends data to the client. */
export function sendsData(sql: string): boolean {
  return /^copy\b[\s\S]*\bto\s+stdout\b/i.test(sql)
}
