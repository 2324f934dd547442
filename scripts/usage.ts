/** `npm run usage`: a month of usage of any size, into a database of one's own, or as CSV. See docs/prices.md. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { runVerb, say } from './verb.ts'

interface Options {
  readonly records: number
  readonly csv?: boolean
  readonly dbUrl?: string
}

const command = new Command('usage')
  .description(
    'Make a month of usage, the same for the same number, and stream it into a database on this machine that holds none.',
  )
  .option('--records <number>', 'how many', asCount, 600)
  .addOption(new Option('--csv', 'print it as CSV instead').conflicts('dbUrl'))
  .option('--db-url <url>', 'the database; better in DATABASE_URL. `npm run db -- --no-seed` starts one')
  .addHelpText('after', '\nExit status: 0 done, 2 nothing was done.')

await runVerb(command, async ({ records, csv = false, ...asked }: Options, secrets) => {
  const { loadMonth, monthCsv } = await import('../conformance/usage/index.ts')
  if (csv) {
    const { pipeline } = await import('node:stream/promises')
    // Whoever has read enough closes the pipe.
    await pipeline(monthCsv(records), process.stdout, { end: false }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error
      },
    )
    return true
  }
  const { findConnection, isLoopback } = await import('../conformance/connection/index.ts')
  const connection = await findConnection(asked, { variables: process.env, folder: '.' })
  if (!connection) throw new Error('No database is named: give --db-url or DATABASE_URL, or --csv to print.')
  secrets.learn(connection.password, [connection.user, connection.database])
  if (!isLoopback(connection.host))
    throw new Error('The database is not on this machine: made-up usage goes only into one of your own.')
  const { connectRemote } = await import('../conformance/engines/index.ts')
  const session = await connectRemote(connection)
  const started = Date.now()
  try {
    await session.query('begin')
    await loadMonth(session, records)
    await session.query('commit')
    await session.query('analyze copilot_internal.llm_cost_records, copilot_internal.e2b_cost_records')
  } finally {
    await session.close()
  }
  say(`${records} records in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
  return true
})

function asCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of records: expected 1 to 999999999.')
}
