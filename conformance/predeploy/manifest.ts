/**
 * `migrations.lock` beside a folder of migrations: which files have been released, and what they said. From then on a file
 * does not change. Each hash is over the one before it, so that no line can be moved or taken out alone.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A file of migrations, as far as the manifest knows it. */
interface File {
  readonly name: string
  readonly bytes: Buffer
}

/** A released file. */
export interface Released {
  readonly name: string
  /** SHA-256 of the hash before it, its name and what it says: 64 hexadecimal digits. */
  readonly hash: string
}

const HEAD = `# Released migrations: SHA-256 of the line before, the file’s name and its text. Written by \`npm run migrations:release\`.
`
const LINE = /^([0-9a-f]{64}) {2}(\S+)$/

/** Where the manifest of a folder is: beside it. */
export function manifestOf(folder: string): string {
  return join(resolve(folder), '..', 'migrations.lock')
}

/** The text of a manifest as it was written: git may have made CRLF of its line ends. */
export function textAsWritten(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
}

/** The released files in order; none where there is no manifest. Throws when a line is no line of a manifest. */
export function readManifest(path: string): Released[] | undefined {
  if (!existsSync(path)) return undefined
  return textAsWritten(path)
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '' || line.startsWith('#')) return []
      const [, hash, name] = LINE.exec(line) ?? []
      if (hash && name) return [{ name, hash }]
      throw new Error(
        `${path}, line ${i + 1}: expected 64 hexadecimal digits, two spaces and a file’s name. Restore it from git.`,
      )
    })
}

/** What the manifest says once all these files are released, in this order. */
export function releasedAs(files: readonly File[]): Released[] {
  const released: Released[] = []
  for (const file of files) released.push({ name: file.name, hash: hashAfter(released.at(-1)?.hash, file) })
  return released
}

/** Whether a file is released, and says something else. */
export function isReleasedOtherwise(released: readonly Released[], file: File): boolean {
  const at = released.findIndex(({ name }) => name === file.name)
  return at >= 0 && released[at]?.hash !== hashAfter(released[at - 1]?.hash, file)
}

/** The manifest as a file. */
export function manifestText(released: readonly Released[]): string {
  return HEAD + released.map(({ name, hash }) => `${hash}  ${name}\n`).join('')
}

/** Replaces the manifest, whole or not at all. */
export function writeManifest(path: string, released: readonly Released[]): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, manifestText(released))
  renameSync(draft, path)
}

/** The hash of a file that is released after the one with hash `before`. */
export function hashAfter(before: string | undefined, { name, bytes }: File): string {
  return createHash('sha256')
    .update(before ?? '')
    .update(`\n${name}\n`)
    .update(bytes)
    .digest('hex')
}
