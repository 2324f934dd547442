import type { Regime, Session } from '../engines/index.ts'

/** Where an answer comes from: what an explanation may go by. */
export interface Where {
  readonly engine: string
  /** Of the server: 15, 16, … */
  readonly major: number
  /** What sorts text: `libc` or `icu`. */
  readonly sortedBy: 'libc' | 'icu'
  /** Whether what `postgres` creates in `public` is open to the API. */
  readonly regime: Regime
}

/** Where a session is. */
export async function whereIs(engine: string, session: Session): Promise<Where> {
  const [row] = await session.query(
    `select current_setting('server_version_num')::int / 10000 as major, datlocprovider = 'i' as icu,
            exists (select from pg_catalog.pg_default_acl as d cross join unnest(d.defaclacl) as a
                    where d.defaclrole = 'postgres'::regrole and d.defaclnamespace = 'public'::regnamespace
                      and d.defaclobjtype = 'r' and a::text ~ '^anon=[^/]*r') as open
     from pg_catalog.pg_database where datname = current_database()`,
  )
  return {
    engine,
    major: Number(row?.['major']),
    sortedBy: row?.['icu'] === 't' ? 'icu' : 'libc',
    regime: row?.['open'] === 't' ? 'open' : 'closed',
  }
}
