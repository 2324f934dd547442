/** Claims on the triggers of a table. Those that the server makes for its own use are there, but not among those it should have. */
import type { Session } from '../engines/index.ts'
import { ANY_TRIGGERS, TRIGGERS } from './kinds.ts'
import { nameOf, qualified, quoted, shown } from './name.ts'
import { partExistence, partOf, partsAre } from './parts.ts'
import { sameText, type Verdict } from './verdict.ts'

const triggers = partExistence(
  ANY_TRIGGERS,
  (table, trigger, be) => `Table ${table} ${be} have trigger ${trigger}`,
)

/**
 * `has_trigger`: the table has a trigger of that name.
 *
 * @example
 * await tap.hasTrigger('zoo.animals', '_100_note_change')
 */
export const hasTrigger = triggers.has

/**
 * `hasnt_trigger`: the table has no trigger of that name.
 *
 * @example
 * await tap.hasntTrigger('zoo.animals', '_200_note_change')
 */
export const hasntTrigger = triggers.hasnt

/**
 * `triggers_are`: the table has these triggers and no others.
 *
 * @example
 * await tap.triggersAre('zoo.animals', ['_100_note_change', 'Odd Trigger'])
 */
export const triggersAre = partsAre(TRIGGERS)

/**
 * `trigger_is`: the trigger calls this function.
 *
 * @example
 * await tap.triggerIs('zoo.animals', '_100_note_change', 'zoo.note_change')
 */
export async function triggerIs(
  session: Session,
  table: string,
  trigger: string,
  called: string,
  description = `Trigger ${quoted(trigger)} should call ${shown(called)}()`,
): Promise<Verdict> {
  const row = await partOf(session, ANY_TRIGGERS, table, trigger, CALLED)
  return sameText(description, row ? nameLike(called, row) : null, shown(called))
}

const CALLED = `
  (select n.nspname from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
   where p.oid = x.tgfoid) as schema,
  (select p.proname from pg_catalog.pg_proc as p where p.oid = x.tgfoid) as name,
  pg_catalog.pg_function_is_visible(x.tgfoid)::text as visible`

/** A function's name with its schema, unless the wanted one has none and the search path finds it. */
function nameLike(
  wanted: string,
  { schema, name, visible }: Readonly<Record<string, string | null>>,
): string {
  const without = nameOf(wanted).schema === null && visible === 'true'
  return qualified(without ? null : schema, name ?? '')
}
