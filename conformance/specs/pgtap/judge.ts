/**
 * Real pgTAP beside ours: the same call to both, in the same transaction, and how each of them ended.
 */
import type { Session } from '../../engines/index.ts'
import { asText, SqlError } from '../../engines/index.ts'
import { callPgtap, type PgtapArgument, type Verdict } from '../../pgtap/index.ts'
import type { Asked, Call } from './call.ts'

/** A verdict, or that there was none because the call itself was refused or made no sense. */
export type Ending = Pick<Verdict, 'ok' | 'description' | 'diagnostics'> | { readonly refused: string }

/** How both ended. */
export interface Trial {
  readonly call: Call
  readonly pgtap: Ending
  readonly ours: Ending
}

/** Tries a call on both. The session is in a transaction, where pgTAP has a plan already. */
export async function trial(session: Session, call: Call): Promise<Trial> {
  return {
    call,
    pgtap: await alone(session, call, (args) => askPgtap(session, call.name, args)),
    ours: await alone(session, call, (args) => callPgtap(session, call.name, args)),
  }
}

type Work = (args: readonly PgtapArgument[]) => Promise<Ending>

/** Runs one of the two and takes back what it did. What the call needs has to be there: an error before it is thrown. */
async function alone(session: Session, call: Call, work: Work): Promise<Ending> {
  await session.query('savepoint trial')
  try {
    for (const statement of call.setup) await session.query(statement)
    return await ended(work(await known(session, call.args)))
  } finally {
    await session.query('rollback to savepoint trial')
    await session.query('release savepoint trial')
  }
}

async function ended(work: Promise<Ending>): Promise<Ending> {
  try {
    return await work
  } catch (error) {
    if (error instanceof SqlError) return { refused: `${error.code}: ${error.message}` }
    if (error instanceof RangeError) return { refused: error.message }
    throw error
  }
}

/** The arguments, those that have to be asked for by their values. */
async function known(session: Session, args: Call['args']): Promise<PgtapArgument[]> {
  const values: PgtapArgument[] = []
  for (const arg of args) values.push('query' in arg ? await answered(session, arg) : arg)
  return values
}

async function answered(session: Session, { type, query }: Asked): Promise<PgtapArgument> {
  const [first = null, ...others] = (await session.query(query)).map(({ value }) => value ?? null)
  return { type, value: type.endsWith('[]') ? [first, ...others] : first }
}

async function askPgtap(session: Session, name: string, args: readonly PgtapArgument[]): Promise<Ending> {
  const parameters = args.map(({ type }, i) => `$${i + 1}::${type}`).join(', ')
  const [row] = await session.query(
    `select extensions."${name}"(${parameters}) as tap`,
    args.map(({ value }) => asText(value)),
  )
  const tap = row?.['tap'] ?? null
  // A NULL among the words of a result makes all of it NULL.
  return tap === null ? { refused: 'pgTAP answers NULL' } : read(tap)
}

const RESULT =
  /^(?<not>not )?ok \d+(?: - (?<description>[\s\S]*?))?(?:\n# Failed test \d+(?:: "[\s\S]*?")?(?:\n(?<diagnostics>#[\s\S]*))?)?$/

/** What a result of pgTAP says. Throws when it is none, so that a change of its form is noticed. */
function read(tap: string): Ending {
  const { groups } = RESULT.exec(tap) ?? {}
  if (!groups) throw new Error(`This is no result of pgTAP's:\n${tap}`)
  return {
    ok: groups['not'] === undefined,
    description: (groups['description'] ?? '').replaceAll('\n# ', '\n'),
    diagnostics: (groups['diagnostics'] ?? '').replaceAll(/^# ?/gm, ''),
  }
}
