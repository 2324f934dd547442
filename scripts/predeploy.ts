/** `npm run predeploy`: is it safe to apply these migrations, to that database, now? See docs/deploying.md. */
import { Command } from 'commander'
import { addDatabaseOptions, type DatabaseOptions } from './database.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

const FOLDER = 'reports/predeploy'

interface Options extends ReportOptions, DatabaseOptions {
  readonly migrations: string
  readonly first: readonly string[]
  readonly json?: boolean
}

const command = new Command('predeploy')
  .description(
    'Judge migrations before they are applied: the files, a replay of them, and, where one is named, the target.',
  )
  .option('--migrations <folder>', 'which migrations', 'supabase/migrations')
  .option(
    '--first <file>',
    'a script to run before them, for what else a project needs; may be given again',
    more,
    [],
  )
  .option('--json', 'print one JSON object instead of the findings')
addReportOptions(command)
addDatabaseOptions(command).addHelpText(
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
  } = await gate({
    folder: options.migrations,
    first: options.first,
    ...(process.stderr.isTTY ? { progress: say } : {}),
  })
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

function more(file: string, former: readonly string[]): string[] {
  return [...former, file]
}
