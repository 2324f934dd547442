import { type Answer, type Session, SqlError } from '../engines/index.ts'
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

  constructor(session: Session, variables: Variables, note: Note) {
    this.#session = session
    this.#variables = variables
    this.#note = note
  }

  /**
   * The statement's answer; nothing when it was refused and `ON_ERROR_STOP` is off. Throws {@link ScriptError} when it was
   * refused and it is on, as it is unless the file turns it off.
   */
  async run(sql: string, place: string): Promise<Answer | undefined> {
    const keep = this.#variables.get('ON_ERROR_ROLLBACK') ?? ''
    const rollsBack = keep !== 'interactive' && this.#variables.isOn('ON_ERROR_ROLLBACK')
    try {
      const asked = withPgtap(mayRun(sql, place))
      const answer = await (rollsBack ? this.#inSavepoint(asked) : this.#session.answer(asked))
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
  async #inSavepoint(sql: string): Promise<Answer> {
    const saved = await this.#session.query(`savepoint ${SAVEPOINT}`).then(
      () => true,
      (error: unknown) => {
        const code = error instanceof SqlError ? error.code : ''
        if (code !== NO_TRANSACTION && code !== FAILED_TRANSACTION) throw error
        return false
      },
    )
    if (!saved) return this.#session.answer(sql)
    try {
      const answer = await this.#session.answer(sql)
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

/**
 * pgTAP is there. A file that creates it without `if not exists` was written for where it is not: for that file it is moved
 * to the schema where it would have been created.
 */
function withPgtap(sql: string): string {
  const [found, schema] = creation.exec(sql) ?? []
  if (found === undefined) return sql
  if (schema !== undefined) return `alter extension pgtap set schema ${schema}`
  return `do $$ begin execute format('alter extension pgtap set schema %I', current_schema()); end $$`
}

const creation =
  /^create\s+extension\s+"?pgtap"?(?:\s+with)?(?:\s+schema\s+("[^"]+"|\w+))?(?:\s+version\s+\S+)?(?:\s+cascade)?$/i

/** The statement, unless it needs a client that sends or takes data beside it. */
function mayRun(sql: string, place: string): string {
  if (/^copy\b[\s\S]*\b(from\s+stdin|to\s+stdout)\b/i.test(sql))
    throw new Refused('COPY from or to the client is not done here: use INSERT or SELECT.', place)
  return sql
}

function sentenceOf({ message, code, detail, hint }: SqlError): string {
  if (code === UNDEFINED_FUNCTION && /^function (no_)?plan\(/.test(message))
    return `${message}: pgTAP is in schema extensions, which is not on the file's search_path (SQLSTATE ${code})`
  return [`${message} (SQLSTATE ${code})`, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`]
    .filter(Boolean)
    .join(' ')
}
