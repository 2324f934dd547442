/** Extensions that the servers of the gate do not have, and the target may: no fault of a file. */

/** A file that cannot be tried here, and what can be done about it. */
export class Lacking extends Error {
  override readonly name = 'Lacking'
  constructor(file: string, extension: string) {
    super(
      `${file}: the servers of this check do not have the extension ${extension}, which the target may have: it and what comes after it was not tried. Where the file creates it only \`if exists (select from pg_available_extensions where name = '${extension}')\`, --first FILE can make stand-ins for its types and functions.`,
    )
  }
}

/** As PostgreSQL says it, up to 14 and since. */
const SAID =
  /extension "([^"]+)" is not available|could not open extension control file ".*\/([^"/]+)\.control"/

/** The extension that a server lacks by its own words, given with their SQLSTATE where that is known. */
export function lackedExtension(message: string, code?: string): string | undefined {
  if (code !== undefined && code !== '0A000' && code !== '58P01') return undefined
  const [, name, file] = SAID.exec(message) ?? []
  return name ?? file
}
