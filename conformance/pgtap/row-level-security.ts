/** Claims on whether row level security is on for a table, and for whom. */
import type { Session } from '../engines/index.ts'
import { shown } from './name.ts'
import { rowsOfRelation } from './relation.ts'
import { type Verdict, verdict } from './verdict.ts'

/**
 * Row level security is on for the table: it applies to all but its owner.
 *
 * @example
 * await tap.rlsIsEnabled('zoo.animals')
 */
export const rlsIsEnabled = property('c.relrowsecurity', 'have row level security enabled')

/**
 * Row level security is off for the table: no policy applies.
 *
 * @example
 * await tap.rlsIsntEnabled('zoo.keepers')
 */
export const rlsIsntEnabled = property('not c.relrowsecurity', 'not have row level security enabled')

/**
 * Row level security is on for the table, and applies to its owner, too.
 *
 * @example
 * await tap.rlsIsForced('zoo.feedings')
 */
export const rlsIsForced = property(
  'c.relrowsecurity and c.relforcerowsecurity',
  'have row level security forced',
)

/**
 * Row level security does not apply to the table's owner.
 *
 * @example
 * await tap.rlsIsntForced('zoo.animals')
 */
export const rlsIsntForced = property(
  'not (c.relrowsecurity and c.relforcerowsecurity)',
  'not have row level security forced',
)

/** The claim that `condition` holds of a table, which has to exist. */
function property(condition: string, sentence: string) {
  return async (
    session: Session,
    table: string,
    description = `Table ${shown(table)} should ${sentence}`,
  ): Promise<Verdict> => {
    const [row] = await rowsOfRelation(session, table, {
      columns: `(${condition})::text as held`,
      kinds: ['r', 'p'],
    })
    if (row) return verdict(row['held'] === 'true', description)
    return verdict(false, description, `    Table ${shown(table)} does not exist`)
  }
}
