import { type Session, SqlError } from '../engines/index.ts'

/** What would change if anything were committed in a database, or a sequence moved on. */
export interface State {
  /** The first transaction that had not begun. */
  readonly next: string
  readonly sequences: string
}

/** The state of a database at this moment. */
export async function stateOf(session: Session): Promise<State> {
  const [row] = await session.query(`
    select pg_snapshot_xmax(pg_current_snapshot()) as next,
      (select md5(string_agg(last, ',' order by oid)) from (
         -- In a CASE, so that no other relation is asked, whatever the planner does first.
         select oid, case when relkind = 'S' and has_sequence_privilege(oid, 'select, usage')
           then concat(oid, ' ', pg_sequence_last_value(oid)) end as last
         from pg_class where relkind = 'S' and relpersistence <> 't') as sequence) as sequences`)
  return { next: row?.['next'] ?? '', sequences: row?.['sequences'] ?? '' }
}

/**
 * Whether a database is as it was: no transaction since then was committed that wrote anything, on the whole server, and no
 * sequence moved on, as they also do in transactions that are rolled back. When in doubt, it is not.
 */
export async function isAsBefore(session: Session, before: State): Promise<boolean> {
  try {
    const after = await stateOf(session)
    if (after.sequences !== before.sequences) return false
    const written = await session.query(
      `select from generate_series($1::numeric, $2::numeric - 1) as transaction
       where pg_xact_status(transaction::text::xid8) is distinct from 'aborted' limit 1`,
      [before.next, after.next],
    )
    return written.length === 0
  } catch (error) {
    if (error instanceof SqlError) return false
    throw error
  }
}
