/** `npm run bench:pgtap`: what running pgTAP files costs, beside pg_prove. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { measurePgtap } from '../conformance/bench/index.ts'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

const withNetwork = engines.filter(({ lacks }) => !lacks.pgtap && !lacks.network).map(({ name }) => name)

const command = new Command('bench:pgtap')
  .description(
    'Measure pgTAP files against pg_prove on the same server, and a project whose files each have a copy.',
  )
  .addOption(new Option('--engine <name>', 'where').choices(withNetwork).default('embedded-17'))
  .option('--rounds <n>', 'how often, in turns; the medians count', asCount, 3)
  .addHelpText(
    'after',
    '\nExit status: 0 as fast as pg_prove, and within 1.5 of one database for all; 1 slower; 2 not measured.',
  )

await runVerb(command, async ({ engine: name, rounds }: { engine: string; rounds: number }) => {
  const engine = await engineNamed(name).start()
  try {
    const bench = { files: 33, migrations: 200, projectFiles: 76, rounds }
    const { here, pgProve, together, apart } = await measurePgtap(engine, bench)
    const ms = (value: number) => `${Math.round(value)} ms`
    const times = (a: number, b: number) => `${(a / b).toFixed(2)} ×`
    process.stdout.write(
      [
        `${bench.files} files, one database:     ${ms(here)}`,
        pgProve === undefined
          ? 'pg_prove:                   not installed'
          : `pg_prove:                   ${ms(pgProve)} (${times(here, pgProve)})`,
        `${bench.migrations} migrations, ${bench.projectFiles} files, one database: ${ms(together)}`,
        `the same, a copy for each:  ${ms(apart)} (${times(apart, together)})`,
        '',
      ].join('\n'),
    )
    if (pgProve === undefined) say('Without pg_prove only the copies are judged.')
    return (pgProve === undefined || here <= pgProve) && apart <= 1.5 * together
  } finally {
    await engine.stop()
  }
})

function asCount(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of rounds: expected 1 to 999.')
}
