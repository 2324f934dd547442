/** `col_type_is`, where pgTAP does not read a type as the claim does. */
import type { Session } from '../../engines/index.ts'
import { colTypeIs, type TypeIn } from '../column-types.ts'
import { finds } from '../existence.ts'
import { quoted } from '../name.ts'
import { haveWant, type Verdict, verdict } from '../verdict.ts'
import { isMissed } from './in-quotes.ts'

/** What is wanted, as pgTAP spells it and as the claim does. Nothing that it spells otherwise is ever what a column has. */
interface Spelling {
  readonly theirs: string
  readonly ours: string
}

/** `col_type_is`; the type may be one in a schema. */
export async function colTypeIsAsRead(
  session: Session,
  [table, column]: readonly [table: string, column: string],
  type: string | TypeIn,
  description?: string,
): Promise<Verdict> {
  const claimed = await colTypeIs(session, table, column, type, description)
  const spelling = (await inQuotes(session, type)) ?? (await withoutLength(session, type))
  if (!spelling) return claimed
  const { theirs, ours } = spelling
  if (claimed.ok) return verdict(false, claimed.description, haveWant(ours, theirs))
  return { ...claimed, diagnostics: claimed.diagnostics.replace(`want: ${ours}`, `want: ${theirs}`) }
}

/** See `in-quotes.ts`. */
async function inQuotes(session: Session, type: string | TypeIn): Promise<Spelling | undefined> {
  if (typeof type === 'string' || !(await isMissed(session, type.schema, type.type))) return undefined
  return { theirs: type.type, ours: `${quoted(type.schema)}.${type.type}` }
}

/** Before version 17 pgTAP reads `char` and `bit` without a length, though in SQL they have one of 1. */
async function withoutLength(session: Session, type: string | TypeIn): Promise<Spelling | undefined> {
  const [schema, name] = typeof type === 'string' ? ['', type] : [`${quoted(type.schema)}.`, type.type]
  const [, word] = /^\s*(char|bit)(?:acter)?\s*$/i.exec(name) ?? []
  if (word === undefined || !(await finds(session, OLD, []))) return undefined
  const theirs = `${schema}${word.toLowerCase() === 'bit' ? 'bit' : 'character'}`
  return { theirs, ours: `${theirs}(1)` }
}

const OLD = `select where current_setting('server_version_num')::integer < 170000`
