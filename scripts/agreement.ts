/** `npm run agreement`: do all engines answer the same? A table of the probes that differ, and why. */
import { Command } from 'commander'
import {
  type Asked,
  askEngine,
  judge,
  probes,
  REFERENCE_ENGINE,
  readReference,
  writeReference,
} from '../conformance/agreement/index.ts'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { type Answered, reportOfAgreement, writeReports } from '../conformance/results/index.ts'
import { addReportOptions, commandLine, folderFor, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

const command = new Command('agreement')
  .description('Ask every engine that can be had here the same questions, and compare the answers.')
  .option('--engine <names>', 'comma-separated engines; default: all that can be had')
  .option('--write', `make the answers of ${REFERENCE_ENGINE} the reference`)
  .option('--answers', 'print every answer that differs')
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText(
    'after',
    '\nExit status: 0 all agree or differ as explained, 1 one does not, 2 they could not be asked.',
  )

addReportOptions(command)

interface Options extends ReportOptions {
  readonly engine?: string
  readonly write?: boolean
  readonly answers?: boolean
  readonly json?: boolean
}

await runVerb(command, async (options: Options, secrets) => {
  const { engine, write = false, answers = false, json = false, reporter } = options
  const startedAt = new Date()
  const asked = engine?.split(',').map((name) => engineNamed(name.trim()))
  if (write) {
    const { answers: reference } = await ask(REFERENCE_ENGINE)
    writeReference(Object.fromEntries(reference))
    say(`${reference.size} answers of ${REFERENCE_ENGINE} are the reference now.`)
  }
  const reference = readReference()
  const lines: Answered[] = []
  const servers: { engine: string; version: string }[] = []
  const notStarted: { engine: string; reason: string }[] = []
  for (const { name, whyNot } of asked ?? engines) {
    const why = await whyNot?.()
    if (why !== undefined && asked) throw new Error(`${name} was asked for, but ${why}.`)
    if (why !== undefined) {
      say(`${name} is not asked: ${why}.`)
      notStarted.push({ engine: name, reason: why })
      continue
    }
    say(`Asking ${name} …`)
    const { where, answers } = await ask(name)
    servers.push({ engine: name, version: `${where.major}` })
    for (const [probe, answer] of answers) {
      const judgement = judge(where, probe, answer, reference[probe])
      lines.push({ engine: name, probe, answer, reference: reference[probe], ...judgement })
    }
  }
  const folder = folderFor(command, 'reports/agreement')
  if (folder !== undefined) {
    const report = reportOfAgreement(lines, {
      command: commandLine('agreement', process.argv.slice(2)),
      servers,
      notStarted,
      startedAt,
      durationMs: Date.now() - startedAt.getTime(),
    })
    await writeReports(report, folder, reporter, (text) => secrets.clean(text))
  }
  process.stdout.write(json ? `${JSON.stringify(lines, null, 2)}\n` : table(lines, answers))
  return lines.every(({ agrees }) => agrees)
})

async function ask(name: string): Promise<Asked> {
  const engine = await engineNamed(name).start()
  try {
    return await askEngine(engine, probes)
  } finally {
    await engine.stop()
  }
}

function table(lines: readonly Answered[], answers: boolean): string {
  const noted = lines.filter(({ agrees, note }) => !agrees || note)
  const shown = noted.map(
    ({ engine, probe, agrees, note, answer }) =>
      `${agrees ? '≈' : '✗'} ${engine}: ${probe}\n    ${note}\n${answers || !agrees ? answer.map((line) => `      ${line}\n`).join('') : ''}`,
  )
  const same = lines.length - noted.length
  const broken = lines.filter(({ agrees }) => !agrees).length
  return `${shown.join('')}${same} answers are the same, ${noted.length - broken} differ as explained, ${broken} disagree.\n`
}
