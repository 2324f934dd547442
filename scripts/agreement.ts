/** `npm run agreement`: do all engines answer the same? A table of the probes that differ, and why. */
import { Command } from 'commander'
import {
  type Agreement,
  type Answer,
  answerOf,
  judge,
  probes,
  readReference,
  whereIs,
  writeReference,
} from '../conformance/agreement/index.ts'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

/** What Supabase runs, so what the others are compared with. */
const REFERENCE = 'embedded-17'

const command = new Command('agreement')
  .description('Ask every engine that can be had here the same questions, and compare the answers.')
  .option('--write', `make the answers of ${REFERENCE} the reference`)
  .option('--answers', 'print every answer that differs')
  .option('--json', 'print one JSON object instead of a table')
  .addHelpText(
    'after',
    '\nExit status: 0 all agree or differ as explained, 1 one does not, 2 they could not be asked.',
  )

interface Options {
  readonly write?: boolean
  readonly answers?: boolean
  readonly json?: boolean
}

interface Line extends Agreement {
  readonly engine: string
  readonly probe: string
  readonly answer: Answer
}

await runVerb(command, async ({ write = false, answers = false, json = false }: Options) => {
  if (write) {
    const asked = await ask(REFERENCE)
    writeReference(Object.fromEntries(asked.answers))
    say(`${asked.answers.size} answers of ${REFERENCE} are the reference now.`)
  }
  const reference = readReference()
  const lines: Line[] = []
  for (const { name, whyNot } of engines) {
    const why = await whyNot?.()
    if (why !== undefined) {
      say(`${name} is not asked: ${why}.`)
      continue
    }
    say(`Asking ${name} …`)
    const { where, answers } = await ask(name)
    for (const [probe, answer] of answers)
      lines.push({ engine: name, probe, answer, ...judge(where, probe, answer, reference[probe]) })
  }
  process.stdout.write(json ? `${JSON.stringify(lines, null, 2)}\n` : table(lines, answers))
  return lines.every(({ agrees }) => agrees)
})

async function ask(name: string) {
  const engine = await engineNamed(name).start()
  try {
    const answers = new Map<string, Answer>()
    const database = await engine.open()
    const session = await database.connect()
    const where = await whereIs(name, session)
    // The dangerous last: there may be no session after them.
    for (const probe of [...probes].sort(
      (a, b) => Number(a.dangerous ?? false) - Number(b.dangerous ?? false),
    )) {
      const spare = probe.dangerous ? await engine.open() : undefined
      const asked = spare ? await spare.connect() : session
      await asked.query('begin')
      answers.set(probe.name, await answerOf(asked, probe))
      if (spare) await spare.close()
      else await asked.query('rollback')
    }
    await database.close()
    return { where, answers }
  } finally {
    await engine.stop()
  }
}

function table(lines: readonly Line[], answers: boolean): string {
  const noted = lines.filter(({ agrees, note }) => !agrees || note)
  const shown = noted.map(
    ({ engine, probe, agrees, note, answer }) =>
      `${agrees ? '≈' : '✗'} ${engine}: ${probe}\n    ${note}\n${answers || !agrees ? answer.map((line) => `      ${line}\n`).join('') : ''}`,
  )
  const same = lines.length - noted.length
  const broken = lines.filter(({ agrees }) => !agrees).length
  return `${shown.join('')}${same} answers are the same, ${noted.length - broken} differ as explained, ${broken} disagree.\n`
}
