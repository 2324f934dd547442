/**
 * The contract of an engine: a place where the product is put on trial.
 *
 * Nothing above this folder knows a driver. What differs between engines is named as a capability
 * (see {@link Capability}); expectations never differ.
 */

/**
 * Something an engine may be unable to do. A spec that needs it says so and is skipped with the reason.
 *
 * - `two-sessions`: several connections to one database
 * - `own-database`: a database of a test's own, where changes are committed
 * - `own-cluster`: a server of a test's own, to change roles on or to crash
 * - `own-processes`: a server whose processes are ours to kill
 * - `bare-platform`: a database with the platform and no migrations
 * - `own-backend`: a session that keeps its process of the server from one transaction to the next
 * - `interruption`: a statement that ends before it is done, by a timeout or by another session
 * - `network`: a URL for other programs
 * - `golden-text`: expressions printed as in the golden schema
 * - `pgtap`: a database with pgTAP in it
 * - `bulk-catalog-work`: applying or reading a whole schema some hundred times within reason
 * - `every-statement`: applying the migrations once for each of their statements
 * - `time`: waiting for a limit of seconds to run out, or for thousands of rounds
 */
export type Capability =
  | 'two-sessions'
  | 'own-database'
  | 'own-cluster'
  | 'own-processes'
  | 'bare-platform'
  | 'own-backend'
  | 'interruption'
  | 'network'
  | 'golden-text'
  | 'pgtap'
  | 'bulk-catalog-work'
  | 'every-statement'
  /** Many seconds. */
  | 'time'
  /** More than half a second, which is too much for `npm test`. */
  | 'thorough-run'

/**
 * Why a test was not run: because it makes no sense there, or because it was left out. It is printed as it is, so it
 * reads on from either word.
 */
export type Reason = `not applicable: ${string}` | `not run: ${string}`

/** What an engine cannot do, and why. */
export type Lacks = Readonly<Partial<Record<Capability, Reason>>>

const LEFT_TO_17 =
  'not run: it takes long, and embedded-17 does it for all; npm run test:exhaustive does it here, too'

/** What one server does for all: no major version is known to answer otherwise. */
export const leftTo17: Lacks = { 'every-statement': LEFT_TO_17, time: LEFT_TO_17 }

/** Which of Supabase's two default-privilege regimes the platform is set up with (projects before, and from, 2026-05-30). */
export type Regime = 'open' | 'closed'

/** One row, keyed by column name. Values arrive as text, exactly as the server prints them; NULL is `null`. */
export type Row = Readonly<Record<string, string | null>>

/** A column of an answer. Two columns may have one name. */
export interface Column {
  readonly name: string
  /** The oid of its type: `format_type(oid, null)` names it. */
  readonly type: number
}

/** What a statement answered, by position: the columns, and the rows' values as the server prints them. */
export interface Answer {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** A message of the server that is not an answer, such as a migration's NOTICE. */
export interface Notice {
  readonly severity: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

/** What the server says of a refusal besides its SQLSTATE and message, under the names of the protocol. */
export interface ErrorFields {
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
  readonly dataType?: string | undefined
}

/** A statement the server refused. `code` is the SQLSTATE, whatever the driver calls it. */
export class SqlError extends Error implements ErrorFields {
  override readonly name = 'SqlError'
  readonly code: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  readonly dataType: string | undefined
  constructor(message: string, code: string, fields: ErrorFields = {}) {
    super(message)
    this.code = code
    this.detail = fields.detail
    this.hint = fields.hint
    this.schema = fields.schema
    this.table = fields.table
    this.column = fields.column
    this.constraint = fields.constraint
    this.dataType = fields.dataType
  }
}

/** The engine or the database could not be reached or started: nothing was found out about the product. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** One connection. */
export interface Session {
  /** Runs one statement. Values are bound, never interpolated. Throws {@link SqlError} when refused. */
  query(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** As {@link query}, for a question that is asked again and again: the server keeps its plan, where the connection bears it. */
  lookUp(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** As {@link query}, with the columns' types, and by position: for statements whose columns nobody has named. */
  answer(text: string, values?: readonly unknown[]): Promise<Answer>
  /** Runs a script of several statements in autocommit, as `psql -f` would, up to the first error. */
  run(script: string): Promise<void>
  /** Streams text into `copy … from stdin`. Absent where the engine has no such stream. */
  copyIn?(statement: string, chunks: Iterable<string>): Promise<void>
  /** What `copy … to stdout` sends, as text. Absent where the engine has no such stream. */
  copyOut?(statement: string): Promise<string>
  /** Calls `listener` with every notice from now on; the answer stops it. */
  onNotice(listener: (notice: Notice) => void): () => void
  close(): Promise<void>
}

/** A database of its own. */
export interface Database {
  /** Where other programs reach it, password included. Absent where there is no network: see `lacks.network`. */
  readonly url?: string
  /** Whether it was there already, and was opened as it is: see {@link OpenOptions.name}. */
  readonly found?: boolean
  /** Opens a connection as the role `postgres` as Supabase has it: not a superuser, the database's owner. */
  connect(): Promise<Session>
  /**
   * Another database with all that has been committed in this one, its settings included. Nobody may be connected to this one.
   * Absent where a database cannot be copied.
   */
  copy?(): Promise<Database>
  /** Drops the database, with whatever is still connected to it. */
  close(): Promise<void>
}

/** What a database holds when it is opened. */
export interface OpenOptions {
  /**
   * `migrations`, the default: the platform and all migrations. `platform`: what Supabase provides and the migrations need,
   * and nothing else. `supabase`: the whole platform, for projects of others: storage, realtime, vault, extensions.
   */
  readonly holds?: 'migrations' | 'platform' | 'supabase'
  /** Default: what the engine is a variant of; `closed`, what a new project has, for most. */
  readonly regime?: Regime
  /**
   * Whether pgTAP 1.3.5 is installed, as extension `pgtap` in schema `extensions`, which is on the search path and where
   * everybody may call it: `select extensions.ok(true)`. The role `postgres` may move it or drop it, as on Supabase.
   */
  readonly pgtap?: boolean
  /** A script that the superuser runs in the database, for what `postgres` may not make itself. Default: none. */
  readonly prepare?: string
  /** The name of the database. One that is there already, in a folder that was kept, is opened as it is. Default: one of its own. */
  readonly name?: string
}

/** A started engine, from which databases are opened. */
export interface Engine {
  readonly name: string
  /** What it cannot do, and why. The reason is printed where a spec is skipped. */
  readonly lacks: Lacks
  /** Why its databases may only be read, where that is so. */
  readonly readOnly?: Reason | undefined
  /** The platform, then the migrations; no usage data. */
  open(options?: OpenOptions): Promise<Database>
}

/** An engine and the right to end it. `ticket` is plain text that lets another process {@link EngineKind.join} it. */
export interface RunningEngine extends Engine {
  readonly ticket: string
  /** The folder around its data, for a server of our own on this machine. */
  readonly folder?: string
  /** Ends it and leaves no process and no file behind. */
  stop(): Promise<void>
}

/** How an engine is started. `settings` and `files` are for servers of our own: see `needs('own-cluster')`. */
export interface StartOptions {
  /** Settings of the server besides its own. */
  readonly settings?: Readonly<Record<string, string>>
  /** Files to lie beside its data, where settings refer to them as `../NAME`: their texts by name, for its eyes only. */
  readonly files?: Readonly<Record<string, string>>
  /** The TCP port to listen on, where the engine listens at all. Default: one that is free. */
  readonly port?: number
  /**
   * A folder for its data, to stay there for the next start of the same engine. Default: a place that goes with the engine.
   * Engines that can keep nothing throw {@link Unavailable}.
   */
  readonly keepIn?: string
}

/** An engine that answers for another one, and why, wherever the answer depends on the server alone. */
export interface Answering {
  readonly engine: string
  readonly because: string
  /** Beginnings of the paths of specs. Default: all whose answers depend on the server, not on how it is set up or reached. */
  readonly specs?: readonly string[]
  /** Of those, the ones that are asked here all the same. */
  readonly but?: readonly string[]
  /** Whether it answers in a quick run only, and whoever has time asks here, too. */
  readonly inShort?: true
}

/** A kind of engine, by name. */
export interface EngineKind {
  readonly name: string
  readonly lacks: Lacks
  /** What it can do, but takes so long over that a quick run leaves it out. */
  readonly defers?: Lacks
  /** What it can do, but another engine does for it: only an exhaustive run does it here, too. */
  readonly leaves?: Lacks
  /** The engines whose answers hold here, too: where one of them takes part, it is asked, and this one is not. */
  readonly answeredBy?: readonly Answering[]
  /** Why it cannot be had on this machine, as far as that can be told without starting one. */
  whyNot?(): Promise<string | undefined>
  /** Starts one. Throws {@link Unavailable} with the reason when this machine cannot. */
  start(options?: StartOptions): Promise<RunningEngine>
  /** Joins one that another process of this machine has started. */
  join(ticket: string): Promise<Engine>
  /** What is left on this machine, files, processes or containers, of the engine that had this ticket. */
  remains(ticket: string): Promise<string[]>
}
