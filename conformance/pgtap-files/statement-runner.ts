import { type Answer, type Session, SqlError } from '../engines/index.ts'
import { onPlatform, type Place } from './on-platform.ts'
import { Refused, ScriptError } from './script-error.ts'
import type { Variables } from './variables.ts'

/** What a file says beside its output: notices, errors that do not stop it, warnings. One line each. */
export type Note = (line: string) => void

const SAVEPOINT = 'pg_psql_temporary_savepoint'
const NO_TRANSACTION = '25P01'
const FAILED_TRANSACTION = '25P02'
const UNDEFINED_FUNCTION = '42883'

/** Runs one statement as psql would under its variables, which are told how it went. */
export class StatementRunner {
  readonly #session: Session
  readonly #variables: Variables
  readonly #note: Note
  #place: Place | undefined

  constructor(session: Session, variables: Variables, note: Note) {
    this.#session = session
    this.#variables = variables
    this.#note = note
  }

  /**
   * The statement's answer; nothing when it was refused and `ON_ERROR_STOP` is off. Throws {@link ScriptError} when it was
   * refused and it is on, as it is unless the file turns it off.
   */
  async run(sql: string, place: string, values: readonly unknown[] = []): Promise<Answer | undefined> {
    return this.#told(place, async (ask) => ask(await this.#rewritten(sql), values))
  }

  /** `copy … from stdin` with its data. Answers whether it was taken. */
  async copyIn(sql: string, place: string, data: string): Promise<void> {
    const { copyIn } = this.#session
    if (!copyIn) throw new Refused('COPY from the client is not done on this engine: use a server.', place)
    await this.#told(place, async () => {
      await copyIn(sql, [data])
      return { columns: [], rows: [] }
    })
  }

  /** What `copy … to stdout` sends, line by line. */
  async copyOut(sql: string, place: string): Promise<string[]> {
    const { copyOut } = this.#session
    if (!copyOut) throw new Refused('COPY to the client is not done on this engine: use a server.', place)
    let sent = ''
    await this.#told(place, async () => {
      sent = await copyOut(sql)
      return { columns: [], rows: [] }
    })
    return sent.split('\n').slice(0, -1)
  }

  /** The statement as it runs here: see {@link onPlatform}, and {@link Place}. */
  async #rewritten(sql: string): Promise<string> {
    if (!/^(create|do|alter)\b/i.test(sql)) return sql
    this.#place ??= await placeOf(this.#session)
    return this.#place ? onPlatform(sql, this.#place) : sql
  }

  async #told(place: string, work: (ask: Session['answer']) => Promise<Answer>): Promise<Answer | undefined> {
    const keep = this.#variables.get('ON_ERROR_ROLLBACK') ?? ''
    const rollsBack = keep !== 'interactive' && this.#variables.isOn('ON_ERROR_ROLLBACK')
    try {
      const plain: Session['answer'] = (text, values) => this.#session.answer(text, values)
      const answer = await work(rollsBack ? (text, values) => this.#inSavepoint(text, values) : plain)
      this.#tell({ ERROR: 'false', SQLSTATE: '00000' })
      return answer
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      this.#tell({
        ERROR: 'true',
        SQLSTATE: error.code,
        LAST_ERROR_SQLSTATE: error.code,
        LAST_ERROR_MESSAGE: error.message,
      })
      const message = sentenceOf(error)
      if (this.#variables.isOn('ON_ERROR_STOP')) throw new ScriptError(message, place)
      this.#note(`${place}: ERROR: ${message}`)
      return undefined
    }
  }

  /** A statement that fails costs itself and not the transaction; it makes no difference outside of one. */
  async #inSavepoint(sql: string, values: readonly unknown[] = []): Promise<Answer> {
    const saved = await this.#session.query(`savepoint ${SAVEPOINT}`).then(
      () => true,
      (error: unknown) => {
        const code = error instanceof SqlError ? error.code : ''
        if (code !== NO_TRANSACTION && code !== FAILED_TRANSACTION) throw error
        return false
      },
    )
    if (!saved) return this.#session.answer(sql, values)
    try {
      const answer = await this.#session.answer(sql, values)
      // After these it is gone, or hides a savepoint of the file's own.
      if (!/^(begin|start|commit|end|rollback|abort|savepoint|release|prepare)\b/i.test(sql))
        await this.#session.query(`release savepoint ${SAVEPOINT}`)
      return answer
    } catch (error) {
      if (error instanceof SqlError) await this.#session.query(`rollback to savepoint ${SAVEPOINT}`)
      throw error
    }
  }

  #tell(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) this.#variables.set(name, value)
  }
}

/** What is known of the database; nothing when it does not answer, as in a transaction that has failed. */
async function placeOf(session: Session): Promise<Place | undefined> {
  try {
    const [row] = await session.query(
      `select pg_catalog.to_regnamespace('pg_platform') is not null as platform, pg_catalog.current_database() as database`,
    )
    return { platform: row?.['platform'] === 't', database: row?.['database'] ?? '' }
  } catch (error) {
    if (error instanceof SqlError) return undefined
    throw error
  }
}

function sentenceOf({ message, code, detail, hint }: SqlError): string {
  if (code === UNDEFINED_FUNCTION && /^function (no_)?plan\(/.test(message))
    return `${message}: pgTAP is in schema extensions, which is not on the file's search_path (SQLSTATE ${code})`
  return [`${message} (SQLSTATE ${code})`, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`]
    .filter(Boolean)
    .join(' ')
}
