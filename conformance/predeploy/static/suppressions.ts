/** `-- predeploy: allow static/<rule> until <date>: <reason>`, right above a statement. */
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import type { Trouble } from '../step.ts'
import type { Found } from './rule.ts'

/** A comment that lets a finding pass for a time. */
export interface Suppression {
  readonly file: MigrationFile
  /** The line of the comment. */
  readonly line: number
  /** With its step: `static/foreign-keys-are-indexed`. */
  readonly rule: string
  readonly until: string
  readonly reason: string
  /** The lines of the statement below it. */
  readonly from: number
  readonly to: number
}

/** The suppressions of a folder, and what is wrong with those that are none. */
export interface Suppressions {
  readonly valid: readonly Suppression[]
  readonly troubles: readonly Trouble[]
}

const COMMENT = /^\s*--\s*predeploy:\s*(.*?)\s*$/
const ALLOW = /^allow\s+(\S+)(?:\s+until\s+(\S+?))?\s*(?::\s*(.*))?$/
const EXPECTED = 'Write it as `-- predeploy: allow static/<rule> until <yyyy-mm-dd>: <reason>`.'

/** Reads the suppressions of all files. Those of released files count without an end: such a file does not change. */
export function suppressionsOf(
  folder: MigrationsFolder,
  rules: ReadonlySet<string>,
  { today, released }: { readonly today: string; readonly released: ReadonlySet<string> },
): Suppressions {
  const valid: Suppression[] = []
  const troubles: Trouble[] = []
  for (const file of folder.files)
    for (const [i, text] of file.sql.split('\n').entries()) {
      const [, said] = COMMENT.exec(text) ?? []
      if (said === undefined) continue
      const [, rule = '', until = '', reason = ''] = ALLOW.exec(said) ?? []
      const end = released.has(file.name) ? '9999-12-31' : until
      const wrong = wrongWith({ rule, until: end, reason, rules, today })
      const at = `${file.name}:${i + 1}`
      if (wrong) troubles.push({ objects: [at], reason: wrong, hint: EXPECTED })
      else valid.push({ file, line: i + 1, rule, until: end, reason, ...below(file, i + 1) })
    }
  return { valid, troubles }
}

function wrongWith(said: {
  readonly rule: string
  readonly until: string
  readonly reason: string
  readonly rules: ReadonlySet<string>
  readonly today: string
}): string | undefined {
  const { rule, until, reason, rules, today } = said
  if (rule === '') return 'The suppression cannot be read.'
  if (!rules.has(rule)) return `There is no rule ${rule} to suppress.`
  if (!isDate(until)) return 'The suppression has no day at which it ends.'
  if (!/\w{2}/.test(reason)) return 'The suppression has no reason.'
  if (until < today) return `The suppression of ${rule} ended on ${until}.`
  return undefined
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(time) && new Date(time).toISOString().startsWith(text)
  )
}

/** The lines of what stands below a comment: a statement of the file with all that is in it, or the line within a body. */
function below(file: MigrationFile, comment: number): { from: number; to: number } {
  const lines = file.sql.split('\n')
  let from = comment + 1
  while (/^\s*--/.test(lines[from - 1] ?? '')) from++
  const statement = file.statements.find(({ line }) => line === from)
  return { from, to: statement ? from + statement.text.split('\n').length - 1 : from }
}

/** Whether a suppression covers what a rule found. */
export function covers(suppression: Suppression, rule: string, { at }: Found): boolean {
  const { file, from, to } = suppression
  return suppression.rule === rule && file.name === at.file.name && at.line >= from && at.line <= to
}

/** What is said of one that lets nothing pass. */
export function unusedSuppression({ file, line, rule }: Suppression): Trouble {
  return {
    objects: [`${file.name}:${line}`],
    severity: 'warning',
    reason: `It suppresses ${rule}, and there is nothing to suppress.`,
    hint: 'Remove it.',
  }
}
