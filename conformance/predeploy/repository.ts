/** The first step: what can be told from the files alone. */
import type { MigrationsFolder } from './folder.ts'
import { releasedTroubles } from './released.ts'
import { cliStep, seedStep } from './repository-around.ts'
import { claim } from './repository-claim.ts'
import { alone, transactions } from './repository-statements.ts'
import { judged, type StepResult, skipped, type Trouble, together } from './step.ts'

/** All that a folder and what lies around it can say. Reads files, and nothing else. */
export async function repositoryStep(folder: MigrationsFolder): Promise<StepResult> {
  return together([
    judged(claim('names', 'the CLI applies every SQL file of the folder'), names(folder)),
    judged(claim('versions', 'every version is a time, and one file’s own'), versions(folder)),
    judged(
      claim('encoding', 'every file is UTF-8 without a mark, with LF at the ends of lines'),
      encoding(folder),
    ),
    judged(claim('syntax', 'PostgreSQL’s parser takes every file'), syntax(folder)),
    releasedStep(folder),
    judged(claim('transactions', 'no file controls transactions itself'), await transactions(folder)),
    judged(claim('alone', 'what runs in no transaction is alone in its file'), alone(folder)),
    await seedStep(folder),
    cliStep(folder),
  ])
}

function names({ files, others }: MigrationsFolder): Trouble[] {
  const skippedFiles = others
    .filter((name) => /\.sql$/i.test(name))
    .map((name) => ({
      objects: [name],
      reason: 'The CLI passes over it without an error: its name is not <yyyymmddhhmmss>_<name>.sql.',
      hint: 'Rename it, or move it out of the folder.',
    }))
  // Of the CLI’s first days: where it comes first, it takes such a file for the platform’s own beginning.
  const initial = files
    .filter(({ name, version }) => /^\d+_init\.sql$/.test(name) && version < '20211209000000')
    .filter(({ name }) => others.every((other) => name < other) && name === files[0]?.name)
    .map(({ name }) => ({
      objects: [name],
      reason:
        'The CLI passes over it: it takes a file _init.sql of before 2021-12-09 for the platform’s own.',
      hint: 'Rename it.',
    }))
  return [...skippedFiles, ...initial]
}

function versions({ files }: MigrationsFolder): Trouble[] {
  const twice = files.filter(({ version }, i) => files.findIndex((other) => other.version === version) !== i)
  return [
    ...twice.map(({ name, version }) => ({
      objects: [name],
      reason: `Another file has version ${version}, too: the ledger has room for one, and the other’s statements run twice or never.`,
      hint: 'Give one of them a version of its own.',
    })),
    ...files
      .filter(({ version }) => !isTime(version))
      .map(({ name, version }) => ({
        objects: [name],
        reason: `Its version ${version} is no time: files are applied in the order of their names, and the next may come before it.`,
        hint: 'Name it <yyyymmddhhmmss>_<name>.sql.',
      })),
  ]
}

function isTime(version: string): boolean {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version) ?? []
  const iso = `${y}-${mo}-${d}T${h}:${mi}:${s}.000Z`
  const time = Date.parse(iso)
  return Number.isFinite(time) && new Date(time).toISOString() === iso
}

function encoding({ files }: MigrationsFolder): Trouble[] {
  const kinds: readonly [RegExp | ((bytes: Buffer) => boolean), string, string][] = [
    [
      (bytes) => /^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString('latin1')),
      'It is UTF-16.',
      'Save it as UTF-8.',
    ],
    [
      (bytes) => bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])),
      'It begins with a byte order mark, which PostgreSQL takes for part of the first word.',
      'Save it without one.',
    ],
    [(bytes) => !isUtf8(bytes), 'It is not UTF-8.', 'Save it as UTF-8.'],
    [
      (bytes) => bytes.includes('\r'),
      'It has carriage returns: a function’s text, and so every hash of it, depends on who saved the file.',
      'Save it with LF, and say so in .gitattributes: `*.sql text eol=lf`.',
    ],
  ]
  return files.flatMap(({ name, bytes }) => {
    const found = kinds.find(([is]) => typeof is === 'function' && is(bytes))
    return found ? [{ objects: [name], reason: found[1], hint: found[2] }] : []
  })
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return !bytes.includes(0)
  } catch {
    return false
  }
}

function syntax({ files }: MigrationsFolder): Trouble[] {
  return files.flatMap(({ name, refused }) =>
    refused
      ? [{ objects: [`${name}:${refused.line}`], reason: `PostgreSQL refuses it: ${refused.message}.` }]
      : [],
  )
}

const RELEASED = claim('released', 'no released migration is edited, renamed, moved or removed')

function releasedStep(folder: MigrationsFolder): StepResult {
  const troubles = releasedTroubles(folder)
  return troubles
    ? judged(RELEASED, troubles)
    : skipped(
        RELEASED,
        'not applicable: there is no migrations.lock beside the folder, and git knows no main branch',
      )
}
