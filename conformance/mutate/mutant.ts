/** A planted fault: one change of the migrations, small enough that a person could have made it. */
import { createHash } from 'node:crypto'

/** A replacement within a text, by characters. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** A change that a generator proposes within some text. */
export interface Proposal extends Edit {
  readonly kind: Kind
}

/** What a fault is about, and what a user suffers when nobody notices it. */
export const KINDS = {
  'policy dropped': 'Rows that somebody may see are seen by nobody.',
  'policy opened': 'Rows are shown to, or taken from, people whom they do not concern.',
  'policy roles': 'A policy speaks to roles that it was not made for.',
  'row level security': 'Every row of the table is open to whoever may read it.',
  'grant added': 'A role may do what it was never meant to.',
  'grant removed': 'A role is refused what it needs for its work.',
  'view option': "A view shows rows with its owner's rights: of all tenants.",
  'function rights': "A function runs with its owner's rights.",
  'search path': 'A function can be made to call what somebody else has put before it.',
  volatility: 'The planner may call a function once, or on another snapshot, where its answer has changed.',
  parallel: 'A function that writes or locks may be run by a parallel worker.',
  default: 'What is left out is stored as another value.',
  'not null': 'A value may be missing that everything counts on.',
  check: 'Rows are stored that make no sense.',
  unique: 'Something is stored twice, and may be charged twice.',
  'foreign key': 'A record refers to what is not there.',
  index: 'A question that is asked all the time reads the whole table.',
  trigger: 'A rule that is kept by a trigger is not kept.',
  lock: 'Of two that act at once, one overwrites or repeats what the other did.',
  comparison: 'The case at the boundary is decided the other way.',
  arithmetic: 'An amount is calculated wrongly.',
  connective: 'Conditions are combined wrongly.',
  condition: 'A condition no longer counts.',
  negation: 'A condition means its opposite.',
  constant: 'An amount, a limit or a length of time is another one.',
  text: 'A case is told apart by another word, and so never met.',
  'null handling': 'A missing value spoils, or passes for, a real one.',
  extreme: 'The smaller is taken for the larger.',
  rounding: 'An amount is rounded otherwise, or padded.',
  period: 'A day or a month begins or ends at another moment.',
  order: 'Of several rows, another one comes first.',
  limit: 'More rows are taken than were meant.',
  join: 'Rows are lost, or appear that have no counterpart.',
  aggregate: 'A total is made of the wrong rows, or in the wrong way.',
  distinct: 'Something is counted twice.',
  column: 'One value stands in the place of another.',
  price: 'Everybody is charged another price.',
  statement: 'A step is left out.',
  refusal: 'What should be refused is done.',
  branch: 'The wrong one of two ways is taken.',
  'exception code': 'A client that reacts to an error by its code does not recognise it.',
  'return value': 'The answer is another one.',
  migration: 'A step of a migration is left out.',
} as const satisfies Readonly<Record<string, string>>

/** A kind of fault. */
export type Kind = keyof typeof KINDS

/** How a fault is put into a database without applying all migrations anew. */
export type Shortcut = { readonly script: string } | { readonly after: number }

/** A planted fault. */
export interface Mutant {
  /** The same as long as the statement and the change are. */
  readonly id: string
  readonly kind: Kind
  /** The migration that makes what is changed, and the line of the statement. */
  readonly file: string
  readonly line: number
  /** What is changed, such as `function copilot_internal.charge_usage`. */
  readonly object: string
  /** The change: in the file, or of what the files have made. */
  readonly before: string
  readonly after: string
  /** What is done to the text of the migrations. */
  readonly edit: Edit & { readonly file: string }
  readonly shortcut: Shortcut
}

/** Names a fault for good: it holds no position, so that what is written above it does not matter. */
export function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 10)
}

/** The text with a change. */
export function edited(text: string, { from, to, text: by }: Edit): string {
  return text.slice(0, from) + by + text.slice(to)
}
