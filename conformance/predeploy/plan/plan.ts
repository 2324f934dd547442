/** A plan: what was judged, for which database, in which state, and until when. A deploy does this and nothing else. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Session } from '../../engines/index.ts'
import type { Finding } from '../../report/index.ts'
import { type LedgerEntry, ledgerEntries } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { type Identity, IdentitySchema } from '../target/identity.ts'
import { reconcile } from '../target/reconcile.ts'
import { targetFingerprint } from './fingerprint.ts'

const FORMAT = 'predeploy-plan'
const VERSION = 1
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const PlanSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  createdAt: z.iso.datetime(),
  /** From this moment on it is stale. */
  staleAfter: z.iso.datetime(),
  /** Whom it is for. */
  target: IdentitySchema,
  /** Every file of the folder, in order. */
  files: z.array(z.strictObject({ name: z.string().min(1), sha256 })).min(1),
  /** The names of those that are to be applied, in order. */
  pending: z.array(z.string().min(1)),
  /** What the ledger had, with a hash of the statements where it has them. */
  ledger: z.array(z.strictObject({ version: z.string(), name: z.string(), statements: sha256.nullable() })),
  /** Of the target’s schemas: see `targetFingerprint`. */
  fingerprint: sha256,
  /** Of the findings. */
  findings: sha256,
})

/** See the head of this file. */
export type Plan = Readonly<z.infer<typeof PlanSchema>>

/** What goes into a plan besides what is read. */
export interface PlanOptions {
  readonly identity: Identity
  readonly findings: readonly Finding[]
  readonly createdAt: Date
  readonly validForMs: number
}

/** The plan to apply what is pending. Needs the transaction in which the findings were made. */
export async function planOf(
  session: Session,
  folder: MigrationsFolder,
  { identity, findings, createdAt, validForMs }: PlanOptions,
): Promise<Plan> {
  const entries = (await ledgerEntries(session)) ?? []
  return {
    format: FORMAT,
    version: VERSION,
    createdAt: createdAt.toISOString(),
    staleAfter: new Date(createdAt.getTime() + validForMs).toISOString(),
    target: identity,
    files: folder.files.map(({ name, bytes }) => ({ name, sha256: hashOf(bytes) })),
    pending: reconcile(entries, folder).pending.map(({ name }) => name),
    ledger: entries.map(noted),
    fingerprint: await targetFingerprint(session),
    findings: hashOf(
      findings
        .map(({ id, outcome }) => `${id} ${outcome}`)
        .sort()
        .join('\n'),
    ),
  }
}

/** A line of the ledger as a plan has it. */
export function noted({ version, name, statements }: LedgerEntry): Plan['ledger'][number] {
  return { version, name, statements: statements ? hashOf(JSON.stringify(statements)) : null }
}

/** The hash of a plan: its name in reports. */
export function hashOfPlan(plan: Plan): string {
  return hashOf(canonical(plan))
}

/** Writes a plan, whole or not at all. Throws where the file is there and is none. */
export function writePlan(path: string, plan: Plan): void {
  mustBeFree(path)
  const draft = draftOf(path)
  writeFileSync(draft, `${JSON.stringify({ ...plan, sha256: hashOfPlan(plan) }, null, 2)}\n`)
  renameSync(draft, path)
}

function draftOf(path: string): string {
  return `${path}.${process.pid}`
}

/** Throws where no plan can be written, or a file is there that is none: it is somebody’s. */
export function mustBeFree(path: string): void {
  const wanted = 'expected the name of a file that the plan is written to'
  if (!existsSync(dirname(path)))
    throw new Error(`--plan ${path} is in a folder that is not there: ${wanted}.`)
  if (existsSync(path) && statSync(path).isDirectory())
    throw new Error(`--plan ${path} is a folder: ${wanted}.`)
  if (existsSync(path) && !readFileSync(path, 'utf8').includes(`"format": "${FORMAT}"`))
    throw new Error(`${path} is there and is no plan: name another file, or remove it.`)
  // It is tried, as a file system that is read-only lets its folders be called writable.
  try {
    writeFileSync(draftOf(path), '')
    rmSync(draftOf(path))
  } catch {
    throw new Error(`--plan ${path} cannot be written: ${wanted}.`)
  }
}

/** Reads a plan. Throws an error of one sentence when it is none, was cut or edited, or is of another version. */
export function readPlan(path: string): Plan {
  const make = 'make one with `npm run predeploy -- --plan FILE`'
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new Error(
      missing ? `There is no plan ${path}: ${make}.` : `${path} is no plan, or was cut off: ${make}.`,
    )
  }
  const head = z.looseObject({ format: z.literal(FORMAT), version: z.unknown() }).safeParse(json)
  if (!head.success) throw new Error(`${path} is no plan: ${make}.`)
  if (head.data.version !== VERSION)
    throw new Error(`${path} is of another version than ${VERSION}, which this checkout knows: ${make}.`)
  const read = PlanSchema.extend({ sha256 }).safeParse(json)
  if (!read.success) throw new Error(`${path} was edited or cut, and is no plan any more: ${make}.`)
  const { sha256: hash, ...plan } = read.data
  if (hashOfPlan(plan) !== hash) throw new Error(`${path} was edited since it was written: ${make}.`)
  return plan
}

export function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** JSON with sorted keys: the same text for the same content. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
