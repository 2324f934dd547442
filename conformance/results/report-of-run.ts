import { z } from 'zod'
import { REFERENCE_ENGINE } from '../agreement/index.ts'
import { migrationsOnTrial, priceList } from '../evidence/index.ts'
import {
  AgreementLineSchema,
  type Change,
  ChangeSchema,
  type Finding,
  finding,
  PrivilegesSchema,
  type Report,
  reportOf,
  type Server,
  ServerSchema,
} from '../report/index.ts'
import type { LeftOut } from '../selection/index.ts'
import { findingsOf } from './findings-of.ts'
import { headerOf, type When } from './header-of.ts'
import type { Ran } from './listener.ts'
import { shortened } from './shortened.ts'

/** What a run is told about itself. */
export interface Run extends When, Ran {
  readonly notStarted: Report['trial']['notStarted']
  /** What was not even started on the engines that take part. */
  readonly leftOut?: readonly LeftOut[]
  /** What the checkout changes. */
  readonly since?: Report['since'] | undefined
  /** What reproduces it, without secrets. */
  readonly command: string
}

/** What tests leave for the report besides how they ended. See `harness/task-meta.ts`. */
const Told = z.object({
  server: ServerSchema.optional(),
  access: z.array(PrivilegesSchema).optional(),
  agreement: AgreementLineSchema.optional(),
  changes: z.array(ChangeSchema).optional(),
})

/** The report of a run of the specs. */
export function reportOfRun(run: Run): Report {
  const { files, strays, notStarted, leftOut = [], since, command, startedAt, durationMs } = run
  const told = files
    .toSorted((a, b) => (a.project < b.project ? -1 : 1))
    .flatMap(({ project, tests }) => tests.map(({ meta }) => ({ engine: project, ...Told.parse(meta) })))
  const agreement = told.flatMap((one) => one.agreement ?? [])
  const access = accessOf(told.flatMap(({ engine, access: cells }) => (cells ? [{ engine, cells }] : [])))
  const changes = changesOf(
    told.flatMap(({ engine, changes: own = [] }) => own.map((change) => ({ engine, change }))),
  )
  return reportOf({
    verb: 'test',
    header: headerOf({ startedAt, durationMs }),
    trial: {
      command,
      migrations: migrationsOnTrial(),
      servers: serversOf(told.flatMap(({ server }) => server ?? [])),
      notStarted: [...notStarted],
    },
    findings: [...findingsOf(files, strays), ...leftOut.map(skippedFile)],
    ...(changes.length === 0 ? {} : { changes }),
    ...(since === undefined ? {} : { since }),
    ...(access.length === 0 ? {} : { access }),
    prices: priceList(),
    ...(agreement.length === 0 ? {} : { agreement: { reference: REFERENCE_ENGINE, lines: agreement } }),
  })
}

function skippedFile({ file, engine, reason }: LeftOut): Finding {
  const about = { id: file, group: file, title: 'its claims' }
  return finding(engine === undefined ? about : { ...about, engine }, { outcome: 'skipped', reason })
}

/** Every worker tells of the same server. */
function serversOf(told: readonly Server[]): Server[] {
  return [...new Map(told.map((server) => [server.engine, server])).values()]
}

/** What several workers or engines found alike is told once. */
function changesOf(
  told: readonly { readonly engine: string; readonly change: Change }[],
): NonNullable<Report['changes']> {
  const alike = new Map<string, { engines: Set<string>; change: Change }>()
  for (const { engine, change: whole } of told) {
    const change = { ...whole, ...shortened(whole) }
    const key = JSON.stringify(change)
    const same = alike.get(key) ?? { engines: new Set(), change }
    alike.set(key, { ...same, engines: same.engines.add(engine) })
  }
  return [...alike.values()].map(({ engines, change }) => ({ ...change, engines: [...engines] }))
}

/** Engines that give the same answer stand together. */
function accessOf(
  told: readonly {
    readonly engine: string
    readonly cells: NonNullable<Report['access']>[number]['cells']
  }[],
): NonNullable<Report['access']> {
  const alike = new Map<
    string,
    { engines: string[]; cells: NonNullable<Report['access']>[number]['cells'] }
  >()
  for (const { engine, cells } of told) {
    const key = JSON.stringify(cells)
    const same = alike.get(key)
    if (same) same.engines.push(engine)
    else alike.set(key, { engines: [engine], cells })
  }
  return [...alike.values()]
}
