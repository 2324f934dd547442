import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from '../../harness/index.ts'
import {
  type MigrationsFolder,
  manifestOf,
  readFolder,
  releasedAs,
  type StepResult,
  writeManifest,
} from '../../predeploy/index.ts'

/** A folder of migrations of a test’s own, by file names. Gone when the test is over. */
export function plantedFolder(files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'predeploy-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const path = join(root, 'migrations')
  mkdirSync(path)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

/** Releases the first files of a folder, as many as are said. */
export async function release(path: string, count = Number.POSITIVE_INFINITY): Promise<void> {
  const { files } = await readFolder(path)
  writeManifest(manifestOf(path), releasedAs(files.slice(0, count)))
}

/** A planted folder, read. */
export async function planted(files: Readonly<Record<string, string | Buffer>>): Promise<MigrationsFolder> {
  return readFolder(plantedFolder(files))
}

/** What stops a deploy: the findings that did not pass, each with its place. */
export function errorsOf({ findings }: StepResult): string[] {
  return findings.flatMap(({ id, outcome }) => (outcome === 'passed' || outcome === 'skipped' ? [] : [id]))
}

/** What is told and stops nothing. */
export function warningsOf({ notes }: StepResult): string[] {
  return notes.flatMap(({ kind, text }) => (kind === 'warning' ? [text] : []))
}
