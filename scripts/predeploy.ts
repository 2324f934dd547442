/** `npm run predeploy`: is it safe to apply these migrations, to that database, now? See docs/deploying.md. */
import { Command } from 'commander'
import { addTargetOptions, type TargetOptions, withTarget } from './database.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb } from './verb.ts'

const FOLDER = 'reports/predeploy'

interface Options extends ReportOptions, TargetOptions {
  readonly migrations: string
  readonly json?: boolean
}

const command = new Command('predeploy')
  .description(
    'Judge migrations before they are applied: the files, a replay of them, and, where one is named, the target.',
  )
  .option('--migrations <folder>', 'which migrations', 'supabase/migrations')
  .option('--json', 'print one JSON object instead of the findings')
addReportOptions(command)
addTargetOptions(command, 'The target, which is only read:').addHelpText(
  'after',
  '\nExit status: 0 nothing stops a deploy, 1 a finding does, 2 something could not be checked.',
)

await runVerb(command, async (options: Options, secrets) => {
  const startedAt = new Date()
  const { gate } = await import('../conformance/predeploy/index.ts')
  const { headerOf } = await import('../conformance/results/index.ts')
  const { reportOf } = await import('../conformance/report/index.ts')
  const {
    findings,
    notes,
    sections = [],
    migrations,
    servers,
  } = await withTarget(command, secrets, (target) =>
    gate({ folder: options.migrations, ...(target ? { target } : {}) }),
  )
  const report = reportOf({
    verb: 'predeploy',
    header: headerOf({ startedAt, durationMs: Date.now() - startedAt.getTime() }),
    trial: {
      command: commandLine('predeploy', process.argv.slice(2)),
      migrations: [...migrations],
      servers: [...servers],
      notStarted: [],
    },
    findings: [...findings],
    ...(notes.length > 0 ? { notes: [...notes] } : {}),
    ...(sections.length > 0 ? { sections: [...sections] } : {}),
  })
  return presentReport(command, report, secrets, FOLDER)
})
