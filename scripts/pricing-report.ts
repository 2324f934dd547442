/** `npm run pricing:report`: what a change of prices comes to, in money. See docs/prices.md. */
import { Command, Option } from 'commander'
import type { Known, PriceList } from '../conformance/pricing/index.ts'
import { addDatabaseOptions, type Opened, withDatabase } from './database.ts'
import {
  addTakenOptions,
  asReason,
  listReader,
  type TakenOptions,
  takenBy,
  today,
} from './pricing-options.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb } from './verb.ts'

const FOLDER = 'reports/pricing'

interface Options extends TakenOptions, ReportOptions {
  readonly base?: string
  readonly from?: string
  readonly to?: string
  readonly accept?: Readonly<Record<string, string>>
}

const command = new Command('pricing:report')
  .description(
    'A regression report: what a change of prices does to recorded usage, or to the bundled month.',
  )
  .argument('[sheet...]', 'lists that are compared with the migrations, or with a database')
  .addOption(
    new Option('--base <ref>', 'compare the migrations here with those of this commit').conflicts([
      'from',
      'to',
    ]),
  )
  .option('--from <sheet>', 'compare two lists: this one …')
  .option('--to <sheet>', '… with this one')
  .option('--accept <key=reason>', 'why what a check calls unsafe is right; may be given again', asReason)
addTakenOptions(command)
addReportOptions(command)
addDatabaseOptions(command).addHelpText(
  'after',
  `
With a database its usage is replayed, and it is only read. Without one, the bundled month of January 2026 is.

Exit status: 0 nothing is unsafe, 1 a finding, 2 nothing could be compared.`,
)

await runVerb(command, async (options: Options, secrets) => {
  const startedAt = new Date()
  const ways = [
    command.args.length > 0,
    options.base !== undefined,
    options.from !== undefined || options.to !== undefined,
  ]
  if (ways.filter(Boolean).length !== 1 || (options.from === undefined) !== (options.to === undefined))
    throw new Error('Say what to compare: SHEET …, or --base REF, or --from SHEET --to SHEET.')
  const pricing = await import('../conformance/pricing/index.ts')
  const { BUNDLED, loadMonth } = await import('../conformance/usage/index.ts')
  const taken = await takenBy(command, options.today ?? today())
  const read = await listReader(command)
  const lists = [...command.args, ...(options.to === undefined ? [] : [options.to])].map(read)
  const head = options.base === undefined ? undefined : await knownAt(command, secrets)
  const told = await withDatabase(
    command,
    secrets,
    async (opened) => {
      const current = await pricing.readKnown(opened.session)
      const { before, after, proposal, names, all } = sides(current, opened)
      const usage = opened.isFresh ? 'the bundled month' : 'the database'
      const server = await serverOf(opened)
      return {
        server,
        ...(await pricing.reportOn(opened.session, {
          lists: all,
          proposal,
          before,
          after,
          names,
          usage,
          isMadeUp: opened.isFresh,
          accepted: options.accept ?? {},
        })),
      }
    },
    {
      ...(options.base === undefined ? {} : { migrations: await pricing.migrationsAt(options.base) }),
      prepare: (session) => loadMonth(session, BUNDLED),
    },
  )
  return tell(told, startedAt)

  function sides(current: Known, { isFresh }: Opened) {
    if (head) {
      const proposal = pricing.propose(
        [pricing.listOf(head, '9999-12-31T00:00:00Z', 'migrations')],
        current,
        { ...taken, add: true },
      )
      return {
        before: current,
        after: head,
        proposal,
        names: [options.base ?? '', 'the migrations here'] as const,
        all: [],
      }
    }
    if (options.from !== undefined) {
      const from = read(options.from)
      pricing.mustHaveProviders(taken.providers, [from, ...lists])
      const known = {
        ...pricing.knownOf(pricing.ofProviders(from, taken.providers), current.now),
        aliases: current.aliases,
      }
      const proposal = pricing.propose(lists, known, { ...taken, add: true })
      const all: PriceList[] = [from, ...lists]
      return {
        before: known,
        after: pricing.applied(known, proposal.changes),
        proposal,
        names: [from.file, lists[0]?.file ?? ''] as const,
        all,
      }
    }
    const proposal = pricing.propose(lists, current, taken)
    const names = [isFresh ? 'the migrations' : 'the database', 'with the lists'] as const
    return { before: current, after: pricing.applied(current, proposal.changes), proposal, names, all: lists }
  }

  async function tell(
    { server, findings, notes, sections }: Awaited<typeof told>,
    started: Date,
  ): Promise<boolean> {
    const { migrationsOnTrial } = await import('../conformance/evidence/index.ts')
    const { reportOf } = await import('../conformance/report/index.ts')
    const { headerOf } = await import('../conformance/results/index.ts')
    const report = reportOf({
      verb: 'pricing:report',
      header: headerOf({ startedAt: started, durationMs: Date.now() - started.getTime() }),
      trial: {
        command: commandLine('pricing:report', process.argv.slice(2)),
        migrations: migrationsOnTrial(),
        servers: [server],
        notStarted: [],
      },
      findings: findings.map((one) => ({ ...one, engine: server.engine })),
      ...(notes.length > 0 ? { notes: [...notes] } : {}),
      sections: [...sections],
    })
    return presentReport(command, report, secrets, FOLDER)
  }
})

/** What the migrations here add up to, whatever database is named. */
async function knownAt(verb: Command, secrets: Parameters<typeof withDatabase>[1]): Promise<Known> {
  const { readKnown } = await import('../conformance/pricing/index.ts')
  return withDatabase(verb, secrets, ({ session }) => readKnown(session), { isFresh: true })
}

async function serverOf({ name, session }: Opened) {
  const { serverOf: server } = await import('../conformance/evidence/index.ts')
  return server(name, session)
}
